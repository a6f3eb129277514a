-- upgrade 6b0820a15170: create notes

CREATE TABLE "notes" (
    "id" INTEGER NOT NULL,
    "text" TEXT NOT NULL,
    "done" BOOLEAN NOT NULL DEFAULT 0,
    CONSTRAINT "pk_notes" PRIMARY KEY ("id")
);
