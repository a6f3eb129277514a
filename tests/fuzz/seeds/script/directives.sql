-- autogen: no-transaction
-- autogen: foreign-keys-off
-- autogen: irreversible the prices are gone

-- autogen: keep-dependents "a b"
CREATE TABLE a (b);
-- autogen: expect-no-rows two of a kind
SELECT 1;
-- autogen: explain-failure one has no name
SELECT 2;
-- autogen: restore-dependents "a b"
