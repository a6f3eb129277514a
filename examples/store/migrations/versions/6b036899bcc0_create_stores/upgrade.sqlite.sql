-- upgrade 6b036899bcc0: create stores

CREATE TABLE "stores" (
    "id" INTEGER NOT NULL,
    "name" VARCHAR(80) NOT NULL,
    CONSTRAINT "pk_stores" PRIMARY KEY ("id"),
    CONSTRAINT "uq_stores_name" UNIQUE ("name")
);

CREATE TABLE "items" (
    "id" INTEGER NOT NULL,
    "name" VARCHAR(80) NOT NULL,
    "price" DOUBLE NOT NULL,
    "store_id" BIGINT NOT NULL,
    CONSTRAINT "pk_items" PRIMARY KEY ("id"),
    CONSTRAINT "fk_items_store_id_stores" FOREIGN KEY ("store_id") REFERENCES "stores" ("id")
);

CREATE TABLE "tags" (
    "id" INTEGER NOT NULL,
    "name" VARCHAR(80) NOT NULL,
    "store_id" BIGINT NOT NULL,
    CONSTRAINT "pk_tags" PRIMARY KEY ("id"),
    CONSTRAINT "fk_tags_store_id_stores" FOREIGN KEY ("store_id") REFERENCES "stores" ("id")
);

CREATE TABLE "items_tags" (
    "id" INTEGER NOT NULL,
    "item_id" BIGINT NOT NULL,
    "tag_id" BIGINT NOT NULL,
    CONSTRAINT "pk_items_tags" PRIMARY KEY ("id"),
    CONSTRAINT "uq_items_tags_item_id_tag_id" UNIQUE ("item_id", "tag_id"),
    CONSTRAINT "fk_items_tags_item_id_items" FOREIGN KEY ("item_id") REFERENCES "items" ("id") ON DELETE CASCADE,
    CONSTRAINT "fk_items_tags_tag_id_tags" FOREIGN KEY ("tag_id") REFERENCES "tags" ("id") ON DELETE CASCADE
);

CREATE TABLE "users" (
    "id" INTEGER NOT NULL,
    "username" VARCHAR(80) NOT NULL,
    "password" VARCHAR(80) NOT NULL,
    CONSTRAINT "pk_users" PRIMARY KEY ("id"),
    CONSTRAINT "uq_users_username" UNIQUE ("username")
);

CREATE INDEX "ix_items_store_id" ON "items" ("store_id");

CREATE INDEX "ix_tags_store_id" ON "tags" ("store_id");

CREATE INDEX "ix_items_tags_tag_id" ON "items_tags" ("tag_id");
