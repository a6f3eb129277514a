"""One change of the table `items` by Django's schema editor: `django_change.py DATABASE CHANGE`."""

import sys

import django
from django.conf import settings

path, change = sys.argv[1:]
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": path}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.db import connection, models  # noqa: E402

GONE = models.DO_NOTHING


class Store(models.Model):
    name = models.TextField()

    class Meta:
        app_label, db_table = "shop", "stores"


class Group(models.Model):
    name = models.TextField()

    class Meta:
        app_label, db_table = "shop", "groups"


class Item(models.Model):
    id = models.BigAutoField(primary_key=True)
    name = models.TextField()
    code = models.CharField(max_length=20, unique=True, db_default="none")
    price = models.FloatField()
    qty = models.BigIntegerField(null=True)
    store_id = models.BigIntegerField(db_index=True)
    group = models.ForeignKey(Group, GONE, null=True, db_index=False)
    note = models.TextField(null=True)

    class Meta:
        app_label, db_table = "shop", "items"
        constraints = [models.CheckConstraint(condition=models.Q(qty__gte=0), name="ck_items_qty")]


def field(name, field):
    """Returns the field as it shall be, under the name of one that stands."""
    field.set_attributes_from_name(name)
    field.model = Item
    return field


changes = {
    "rebuild": ("qty", models.TextField(null=True)),
    "not-null-added": ("qty", models.BigIntegerField()),
    "not-null-dropped": ("name", models.TextField(null=True)),
    "default-added": ("qty", models.BigIntegerField(null=True, db_default=7)),
    "default-dropped": ("code", models.CharField(max_length=20, unique=True)),
    "foreign-key-added": ("store_id", models.ForeignKey(Store, GONE, db_column="store_id")),
    "foreign-key-dropped": ("group", models.BigIntegerField(null=True, db_column="group_id")),
}
check = models.CheckConstraint(condition=models.Q(price__gte=0), name="ck_items_price")

with connection.schema_editor() as editor:
    if change == "check-added":
        editor.add_constraint(Item, check)
    elif change == "check-dropped":
        editor.remove_constraint(Item, Item._meta.constraints.pop())
    else:
        name, after = changes[change]
        editor.alter_field(Item, Item._meta.get_field(name), field(name, after), strict=False)
