-- why
UPDATE items SET name = ';';
