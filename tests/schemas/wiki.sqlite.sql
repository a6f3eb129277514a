-- A wiki: revisions that point at pages and back, a search index, and names that need care.
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, email TEXT, "group" TEXT NOT NULL DEFAULT 'user' CHECK ("group" IN ('user', 'editor', 'admin')));
CREATE TABLE namespaces (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE pages (id INTEGER PRIMARY KEY, namespace_id INTEGER NOT NULL DEFAULT 0 REFERENCES namespaces (id), title TEXT NOT NULL, latest_id INTEGER REFERENCES revisions (id) DEFERRABLE INITIALLY DEFERRED, touched TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, UNIQUE (namespace_id, title));
CREATE TABLE revisions (id INTEGER PRIMARY KEY AUTOINCREMENT, page_id INTEGER NOT NULL REFERENCES pages (id) ON DELETE CASCADE, parent_id INTEGER REFERENCES revisions (id), user_id INTEGER REFERENCES users (id) ON DELETE SET NULL, comment TEXT NOT NULL DEFAULT '', body TEXT NOT NULL, length INTEGER NOT NULL GENERATED ALWAYS AS (length(body)) VIRTUAL, minor BOOLEAN NOT NULL DEFAULT FALSE, at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE INDEX ix_revisions_page_id_at ON revisions (page_id, at);
CREATE TABLE links ("from" INTEGER NOT NULL REFERENCES pages (id) ON DELETE CASCADE, "to" TEXT NOT NULL, PRIMARY KEY ("from", "to")) WITHOUT ROWID;
CREATE TABLE categories (page_id INTEGER NOT NULL REFERENCES pages (id) ON DELETE CASCADE, name TEXT NOT NULL, "sort key" TEXT, PRIMARY KEY (page_id, name));
CREATE TABLE files (name TEXT PRIMARY KEY, sha256 CHAR(64) NOT NULL, mime TEXT NOT NULL, bytes BLOB NOT NULL, uploaded_by INTEGER REFERENCES users (id));
CREATE UNIQUE INDEX files_by_content ON files (sha256);
CREATE TABLE redirects (page_id INTEGER PRIMARY KEY REFERENCES pages (id) ON DELETE CASCADE, target TEXT NOT NULL);
CREATE TABLE watch_list (user_id INTEGER REFERENCES users (id), page_id INTEGER REFERENCES pages (id), PRIMARY KEY (user_id, page_id));
CREATE TABLE "Straßen & Wege" ("№" INTEGER PRIMARY KEY, "Länge (m)" REAL, "crate" TEXT, "crate_" TEXT);
CREATE TABLE drafts (id INTEGER PRIMARY KEY, state TEXT DEFAULT "new" CHECK (state IN ("new", "it's ready")), note TEXT NOT NULL DEFAULT "", kind TEXT DEFAULT plain, label TEXT GENERATED ALWAYS AS (note || "!") VIRTUAL);
CREATE INDEX drafts_new ON drafts (id) WHERE state = "new";
CREATE VIRTUAL TABLE search USING fts5(title, body, content='');
CREATE VIEW recent AS SELECT * FROM revisions ORDER BY at DESC LIMIT 50;
CREATE TRIGGER new_revision AFTER INSERT ON revisions BEGIN UPDATE pages SET latest_id = new.id WHERE id = new.page_id; END;
