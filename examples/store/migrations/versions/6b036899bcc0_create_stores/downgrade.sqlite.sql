-- downgrade 6b036899bcc0: create stores
-- autogen: foreign-keys-off

DROP TABLE "users";

DROP TABLE "items_tags";

DROP TABLE "tags";

DROP TABLE "items";

DROP TABLE "stores";
