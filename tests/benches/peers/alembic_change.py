"""One change of the table `items` by alembic's batch mode: `alembic_change.py DATABASE CHANGE`."""

import sys

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

path, change = sys.argv[1:]
engine = sa.create_engine(f"sqlite:///{path}")
with engine.begin() as connection:
    operations = Operations(MigrationContext.configure(connection))
    with operations.batch_alter_table("items") as batch:
        if change == "rebuild":
            batch.alter_column("qty", existing_type=sa.BigInteger(), type_=sa.Text())
        elif change == "not-null-added":
            batch.alter_column("qty", existing_type=sa.BigInteger(), nullable=False)
        elif change == "not-null-dropped":
            batch.alter_column("name", existing_type=sa.Text(), nullable=True)
        elif change == "check-added":
            batch.create_check_constraint("ck_items_price", "price >= 0")
        elif change == "check-dropped":
            batch.drop_constraint("ck_items_qty", type_="check")
        elif change == "default-added":
            batch.alter_column("qty", existing_type=sa.BigInteger(), server_default="7")
        elif change == "default-dropped":
            batch.alter_column("code", existing_type=sa.String(20), server_default=None)
        elif change == "foreign-key-added":
            batch.create_foreign_key("fk_items_store_id_stores", "stores", ["store_id"], ["id"])
        elif change == "foreign-key-dropped":
            batch.drop_constraint("fk_items_group_id_groups", type_="foreignkey")
        else:
            sys.exit(f"unknown change: {change}")
