-- upgrade 6b03689cd779: add items.description

ALTER TABLE "items" ADD COLUMN "description" TEXT;
