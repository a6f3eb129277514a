-- downgrade 6b0820a15170: create notes
-- autogen: foreign-keys-off

DROP TABLE "notes";
