-- A shop as a program of some years has it: SQLite's own habits, and every kind of key, index, check and default.
CREATE TABLE countries (
    code CHAR(2) PRIMARY KEY,
    name VARCHAR(80) NOT NULL,
    is_eu BOOLEAN NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE currencies (
    code TEXT PRIMARY KEY CHECK (length(code) = 3),
    symbol TEXT NOT NULL DEFAULT '¤',
    decimals SMALLINT NOT NULL DEFAULT 2
);
CREATE TABLE tax_rates (
    country_code CHAR(2) NOT NULL REFERENCES countries (code) ON UPDATE CASCADE,
    class TEXT NOT NULL CHECK (class IN ('standard', 'reduced', 'zero')),
    rate DECIMAL(5, 2) NOT NULL CHECK (rate >= 0 AND rate < 100),
    valid_from DATE NOT NULL,
    PRIMARY KEY (country_code, class, valid_from)
);
CREATE TABLE addresses (
    id INTEGER PRIMARY KEY,
    line1 TEXT NOT NULL,
    line2 TEXT,
    city TEXT NOT NULL,
    postcode VARCHAR(12),
    country_code CHAR(2) NOT NULL REFERENCES countries (code)
);
CREATE INDEX ix_addresses_country_code ON addresses (country_code);
CREATE TABLE customers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL COLLATE NOCASE UNIQUE,
    name TEXT NOT NULL,
    password_hash BLOB,
    birthday DATE,
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    deleted_at TIMESTAMP,
    marketing BOOLEAN NOT NULL DEFAULT FALSE,
    notes TEXT DEFAULT NULL,
    referred_by INTEGER REFERENCES customers (id) ON DELETE SET NULL
);
CREATE INDEX customers_by_name ON customers (name COLLATE NOCASE, id DESC);
CREATE UNIQUE INDEX one_active_email ON customers (lower(email)) WHERE deleted_at IS NULL;
CREATE TABLE customer_addresses (
    customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    address_id INTEGER NOT NULL REFERENCES addresses (id) ON DELETE CASCADE,
    kind TEXT NOT NULL DEFAULT 'shipping' CHECK (kind IN ('shipping', 'billing')),
    is_default INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (customer_id, address_id)
) WITHOUT ROWID;
CREATE TABLE categories (
    id INTEGER PRIMARY KEY,
    parent_id INTEGER REFERENCES categories (id),
    slug TEXT NOT NULL UNIQUE,
    position INT NOT NULL DEFAULT 0
);
CREATE TABLE brands (id INTEGER PRIMARY KEY, name TEXT NOT NULL, website TEXT, UNIQUE (name));
CREATE TABLE suppliers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL CONSTRAINT supplier_has_name CHECK (name <> ''),
    address_id INTEGER,
    lead_days INTEGER NOT NULL DEFAULT (7 * 2),
    CONSTRAINT supplier_lives_somewhere FOREIGN KEY (address_id) REFERENCES addresses (id) ON DELETE RESTRICT
);
CREATE TABLE products (
    id INTEGER PRIMARY KEY,
    sku VARCHAR(40) NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    brand_id INTEGER REFERENCES brands (id) ON DELETE SET NULL,
    category_id INTEGER NOT NULL REFERENCES categories (id),
    tax_class TEXT NOT NULL DEFAULT 'standard' CHECK (tax_class IN ('standard', 'reduced', 'zero')),
    price DECIMAL(10, 2) NOT NULL CHECK (price >= 0),
    cost NUMERIC(10, 2),
    weight REAL,
    attributes JSON NOT NULL DEFAULT '{}',
    active BOOLEAN NOT NULL DEFAULT TRUE,
    CONSTRAINT products_sku UNIQUE (sku),
    CHECK (cost IS NULL OR cost <= price)
);
CREATE INDEX ix_products_category_id ON products (category_id);
CREATE INDEX active_products ON products (category_id, price DESC) WHERE active;
CREATE TABLE product_variants (
    id INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    "option" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    surcharge DECIMAL(10, 2) NOT NULL DEFAULT 0.00,
    UNIQUE (product_id, "option", "value")
);
CREATE TABLE product_images (
    id INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    "type" TEXT NOT NULL,
    data BLOB NOT NULL DEFAULT x'00ff',
    width INTEGER, height INTEGER,
    aspect REAL GENERATED ALWAYS AS (CAST(width AS REAL) / height) VIRTUAL
);
CREATE TABLE product_suppliers (
    product_id INTEGER NOT NULL,
    supplier_id INTEGER NOT NULL,
    supplier_sku TEXT,
    PRIMARY KEY (product_id, supplier_id),
    FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE CASCADE,
    FOREIGN KEY (supplier_id) REFERENCES suppliers (id) ON DELETE CASCADE
);
CREATE TABLE tags (name TEXT NOT NULL PRIMARY KEY);
CREATE TABLE product_tags (
    product_id INTEGER NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    tag TEXT NOT NULL REFERENCES tags (name) ON UPDATE CASCADE ON DELETE CASCADE,
    PRIMARY KEY (tag, product_id)
) WITHOUT ROWID;
CREATE TABLE warehouses (id INTEGER PRIMARY KEY, name TEXT NOT NULL, address_id INTEGER NOT NULL REFERENCES addresses);
CREATE TABLE stock (
    warehouse_id INTEGER NOT NULL REFERENCES warehouses (id),
    variant_id INTEGER NOT NULL REFERENCES product_variants (id),
    quantity INTEGER NOT NULL DEFAULT 0 CHECK (quantity >= 0),
    reserved INTEGER NOT NULL DEFAULT 0,
    available INTEGER NOT NULL GENERATED ALWAYS AS (quantity - reserved) STORED,
    PRIMARY KEY (warehouse_id, variant_id),
    CHECK (reserved <= quantity)
);
CREATE TABLE stock_movements (
    id INTEGER PRIMARY KEY,
    warehouse_id INTEGER NOT NULL,
    variant_id INTEGER NOT NULL,
    delta INTEGER NOT NULL CHECK (delta <> 0),
    at DATETIME NOT NULL DEFAULT (datetime('now')),
    FOREIGN KEY (warehouse_id, variant_id) REFERENCES stock (warehouse_id, variant_id) ON DELETE CASCADE
);
CREATE TABLE carts (
    id TEXT PRIMARY KEY,
    customer_id INTEGER REFERENCES customers (id) ON DELETE CASCADE,
    updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE cart_items (
    cart_id TEXT NOT NULL REFERENCES carts (id) ON DELETE CASCADE,
    variant_id INTEGER NOT NULL REFERENCES product_variants (id),
    quantity INTEGER NOT NULL DEFAULT 1 CHECK (quantity > 0),
    PRIMARY KEY (cart_id, variant_id)
);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    number TEXT NOT NULL UNIQUE,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    shipping_address_id INTEGER NOT NULL REFERENCES addresses (id),
    billing_address_id INTEGER REFERENCES addresses (id),
    currency TEXT NOT NULL DEFAULT 'EUR' REFERENCES currencies (code),
    status TEXT NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'placed', 'paid', 'on-hold', 'shipped', 'cancelled')),
    placed_at TIMESTAMP,
    total DECIMAL(12, 2) NOT NULL DEFAULT 0
);
CREATE INDEX ix_orders_customer_id ON orders (customer_id);
CREATE INDEX open_orders ON orders (status, placed_at) WHERE status <> 'cancelled';
CREATE TABLE order_lines (
    order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    line INTEGER NOT NULL,
    variant_id INTEGER NOT NULL REFERENCES product_variants (id),
    quantity INTEGER NOT NULL,
    unit_price DECIMAL(10, 2) NOT NULL,
    line_total DECIMAL(12, 2) GENERATED ALWAYS AS (quantity * unit_price) VIRTUAL,
    PRIMARY KEY (order_id, line)
);
CREATE TABLE payments (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders (id) DEFERRABLE INITIALLY DEFERRED,
    method TEXT NOT NULL,
    amount DECIMAL(12, 2) NOT NULL,
    raw BLOB,
    succeeded BOOLEAN,
    CONSTRAINT known_method CHECK (method IN ('card', 'transfer', 'cash') OR method LIKE 'x-%')
);
CREATE TABLE refunds (
    payment_id INTEGER PRIMARY KEY REFERENCES payments (id),
    reason TEXT NOT NULL DEFAULT 'it''s "broken" \ lost',
    amount DECIMAL(12, 2) NOT NULL
);
CREATE TABLE shipments (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    carrier TEXT NOT NULL,
    tracking TEXT,
    shipped_at TIMESTAMP,
    UNIQUE (carrier, tracking)
);
CREATE TABLE shipment_lines (
    shipment_id INTEGER NOT NULL REFERENCES shipments (id),
    order_id INTEGER NOT NULL,
    line INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    PRIMARY KEY (shipment_id, order_id, line),
    FOREIGN KEY (order_id, line) REFERENCES order_lines (order_id, line)
);
CREATE TABLE coupons (
    code TEXT PRIMARY KEY COLLATE NOCASE,
    percent REAL CHECK (percent BETWEEN 0 AND 100),
    amount DECIMAL(10, 2),
    expires DATE,
    CONSTRAINT one_of_both CHECK ((percent IS NULL) <> (amount IS NULL))
);
CREATE TABLE order_coupons (
    order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    code TEXT NOT NULL COLLATE NOCASE REFERENCES coupons (code),
    PRIMARY KEY (order_id, code)
);
CREATE TABLE reviews (
    id INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    stars SMALLINT NOT NULL CHECK (stars BETWEEN 1 AND 5),
    body CLOB,
    UNIQUE (product_id, customer_id)
);
CREATE TABLE wishlists (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), name TEXT NOT NULL DEFAULT 'Wishlist');
CREATE TABLE wishlist_products (wishlist_id INTEGER REFERENCES wishlists (id), product_id INTEGER REFERENCES products (id), PRIMARY KEY (wishlist_id, product_id)) STRICT;
CREATE TABLE settings (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
CREATE TABLE audit (at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, who, what TEXT NOT NULL, id INTEGER);
CREATE TABLE "Legacy Import" ("Row No" INTEGER PRIMARY KEY, "type" TEXT, "größe" TEXT, "self" TEXT, "2nd" INT8, "CamelCase" FLOAT, "a-b" NVARCHAR(30));
CREATE TABLE "options" (id INTEGER PRIMARY KEY, "match" TEXT NOT NULL, "unique" TEXT, UNIQUE ("unique", "match"));
CREATE TABLE statuses (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE VIEW customer_totals AS SELECT customer_id, sum(total) AS total FROM orders GROUP BY customer_id;
CREATE TRIGGER order_touched AFTER UPDATE OF status ON orders BEGIN INSERT INTO audit (who, what, id) VALUES ('db', new.status, new.id); END;
