-- autogen: no-transction
COMMIT;
