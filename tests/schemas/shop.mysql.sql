-- A shop on MySQL, as people and other tools write it: unsigned keys, enums, implicit indexes, JSON, comments, an engine.
CREATE TABLE countries (code char(2) NOT NULL PRIMARY KEY, name varchar(80) NOT NULL, is_eu tinyint(1) NOT NULL DEFAULT 0) COMMENT 'where we ship';
CREATE TABLE currencies (code varchar(3) NOT NULL PRIMARY KEY, symbol varchar(8) NOT NULL DEFAULT '¤', decimals smallint NOT NULL DEFAULT 2, CHECK (decimals BETWEEN 0 AND 4));
CREATE TABLE tax_rates (country_code char(2) NOT NULL, class enum('standard', 'reduced', 'zero') NOT NULL, rate decimal(5, 2) NOT NULL CHECK (rate >= 0), valid_from date NOT NULL, PRIMARY KEY (country_code, class, valid_from), FOREIGN KEY (country_code) REFERENCES countries (code) ON UPDATE CASCADE);
CREATE TABLE addresses (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, line1 varchar(200) NOT NULL, line2 varchar(200), city varchar(100) NOT NULL, postcode varchar(12), country_code char(2) NOT NULL, KEY ix_addresses_country_code (country_code), CONSTRAINT fk_addresses_country_code_countries FOREIGN KEY (country_code) REFERENCES countries (code));
CREATE TABLE customers (
    id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    uuid binary(16) NOT NULL UNIQUE,
    email varchar(191) NOT NULL COMMENT 'as typed',
    name varchar(191) NOT NULL COLLATE utf8mb4_bin,
    password_hash varbinary(60),
    birthday date,
    preferences json,
    created_at timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    deleted_at datetime(6),
    marketing tinyint(1) NOT NULL DEFAULT 1,
    notes text,
    referred_by bigint unsigned,
    UNIQUE KEY uq_customers_email (email),
    KEY customers_by_name (name, id DESC),
    KEY customers_by_domain (email(10)),
    CONSTRAINT customers_referred_by FOREIGN KEY (referred_by) REFERENCES customers (id) ON DELETE SET NULL
) COMMENT 'who buys';
CREATE TABLE customer_addresses (customer_id bigint unsigned NOT NULL, address_id bigint NOT NULL, kind enum('shipping', 'billing') NOT NULL DEFAULT 'shipping', PRIMARY KEY (customer_id, address_id), FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE, FOREIGN KEY (address_id) REFERENCES addresses (id) ON DELETE CASCADE);
CREATE TABLE categories (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, parent_id int, slug varchar(100) NOT NULL UNIQUE, position int NOT NULL DEFAULT 0, FOREIGN KEY (parent_id) REFERENCES categories (id));
CREATE TABLE brands (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(100) NOT NULL, website varchar(255), UNIQUE KEY brands_name (name));
CREATE TABLE suppliers (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(100) NOT NULL, address_id bigint, lead_days int NOT NULL DEFAULT 14, CONSTRAINT supplier_has_name CHECK (name <> ''), CONSTRAINT supplier_lives_somewhere FOREIGN KEY (address_id) REFERENCES addresses (id) ON DELETE RESTRICT);
CREATE TABLE products (
    id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    sku varchar(40) NOT NULL,
    name varchar(255) NOT NULL,
    description longtext,
    brand_id int unsigned,
    category_id int NOT NULL,
    price decimal(10, 2) NOT NULL,
    cost decimal(10, 2),
    weight float,
    volume double,
    flags set('new', 'sale'),
    `rank` mediumint unsigned,
    attributes json NOT NULL,
    active tinyint(1) NOT NULL DEFAULT 1,
    CONSTRAINT products_sku UNIQUE (sku),
    CONSTRAINT ck_products_price CHECK (price >= 0),
    CONSTRAINT cost_below_price CHECK (cost IS NULL OR cost <= price),
    FOREIGN KEY (brand_id) REFERENCES brands (id) ON DELETE SET NULL,
    FOREIGN KEY (category_id) REFERENCES categories (id)
);
CREATE INDEX active_products ON products (category_id, price DESC);
CREATE TABLE product_variants (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, product_id bigint NOT NULL, `option` varchar(50) NOT NULL, value varchar(50) NOT NULL, surcharge decimal(10, 2) NOT NULL DEFAULT 0.00, UNIQUE (product_id, `option`, value), FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE CASCADE);
CREATE TABLE product_images (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, product_id bigint NOT NULL, `type` varchar(20) NOT NULL, data longblob NOT NULL, width int NOT NULL, height int NOT NULL, area int GENERATED ALWAYS AS (width * height) VIRTUAL, FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE CASCADE);
CREATE TABLE product_suppliers (product_id bigint NOT NULL, supplier_id int NOT NULL, supplier_sku varchar(40), PRIMARY KEY (product_id, supplier_id), FOREIGN KEY (product_id) REFERENCES products (id), FOREIGN KEY (supplier_id) REFERENCES suppliers (id));
CREATE TABLE tags (name varchar(50) NOT NULL PRIMARY KEY);
CREATE TABLE product_tags (product_id bigint NOT NULL, tag varchar(50) NOT NULL, PRIMARY KEY (tag, product_id), FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE CASCADE, FOREIGN KEY (tag) REFERENCES tags (name) ON UPDATE CASCADE ON DELETE CASCADE);
CREATE TABLE warehouses (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(100) NOT NULL, address_id bigint NOT NULL, FOREIGN KEY (address_id) REFERENCES addresses (id));
CREATE TABLE stock (warehouse_id int NOT NULL, variant_id bigint NOT NULL, quantity int NOT NULL DEFAULT 0, reserved int NOT NULL DEFAULT 0, available int GENERATED ALWAYS AS (quantity - reserved) STORED, PRIMARY KEY (warehouse_id, variant_id), FOREIGN KEY (warehouse_id) REFERENCES warehouses (id), FOREIGN KEY (variant_id) REFERENCES product_variants (id), CHECK (reserved <= quantity));
CREATE TABLE stock_movements (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, warehouse_id int NOT NULL, variant_id bigint NOT NULL, delta int NOT NULL CHECK (delta <> 0), at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP, FOREIGN KEY (warehouse_id, variant_id) REFERENCES stock (warehouse_id, variant_id) ON DELETE CASCADE);
CREATE TABLE carts (id binary(16) NOT NULL PRIMARY KEY, customer_id bigint unsigned, updated_at timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE);
CREATE TABLE cart_items (cart_id binary(16) NOT NULL, variant_id bigint NOT NULL, quantity int NOT NULL DEFAULT 1 CHECK (quantity > 0), PRIMARY KEY (cart_id, variant_id), FOREIGN KEY (cart_id) REFERENCES carts (id) ON DELETE CASCADE, FOREIGN KEY (variant_id) REFERENCES product_variants (id));
CREATE TABLE orders (
    id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    number varchar(20) NOT NULL UNIQUE,
    customer_id bigint unsigned NOT NULL,
    currency varchar(3) NOT NULL DEFAULT 'EUR',
    status enum('draft', 'placed', 'paid', 'on-hold', 'shipped', 'cancelled') NOT NULL DEFAULT 'draft',
    placed_at timestamp(6) NULL,
    total decimal(12, 2) NOT NULL DEFAULT 0,
    KEY ix_orders_customer_id (customer_id),
    KEY open_orders (status, placed_at),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (currency) REFERENCES currencies (code)
);
CREATE TABLE order_lines (order_id bigint NOT NULL, line int NOT NULL, variant_id bigint NOT NULL, quantity int NOT NULL, unit_price decimal(10, 2) NOT NULL, PRIMARY KEY (order_id, line), FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE, FOREIGN KEY (variant_id) REFERENCES product_variants (id));
CREATE TABLE payments (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, order_id bigint NOT NULL, method varchar(20) NOT NULL, amount decimal(12, 2) NOT NULL, raw mediumblob, succeeded tinyint(1), CONSTRAINT known_method CHECK (method IN ('card', 'transfer', 'cash') OR method LIKE 'x-%'), FOREIGN KEY (order_id) REFERENCES orders (id));
CREATE TABLE refunds (payment_id bigint NOT NULL PRIMARY KEY, reason varchar(200) NOT NULL DEFAULT 'it''s "broken" \\ lost', amount decimal(12, 2) NOT NULL, FOREIGN KEY (payment_id) REFERENCES payments (id));
CREATE TABLE shipments (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, order_id bigint NOT NULL, carrier varchar(30) NOT NULL, tracking varchar(60), shipped_at timestamp(6) NULL, UNIQUE (carrier, tracking), FOREIGN KEY (order_id) REFERENCES orders (id));
CREATE TABLE shipment_lines (shipment_id bigint NOT NULL, order_id bigint NOT NULL, line int NOT NULL, quantity int NOT NULL, PRIMARY KEY (shipment_id, order_id, line), FOREIGN KEY (shipment_id) REFERENCES shipments (id), FOREIGN KEY (order_id, line) REFERENCES order_lines (order_id, line));
CREATE TABLE coupons (code varchar(20) NOT NULL PRIMARY KEY, percent float, amount decimal(10, 2), expires date, CONSTRAINT one_of_both CHECK ((percent IS NULL) <> (amount IS NULL)));
CREATE TABLE reviews (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, product_id bigint NOT NULL, customer_id bigint unsigned NOT NULL, stars tinyint unsigned NOT NULL CHECK (stars BETWEEN 1 AND 5), body text, UNIQUE (product_id, customer_id), FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE CASCADE, FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE);
CREATE TABLE settings (`key` varchar(50) NOT NULL PRIMARY KEY, value json);
CREATE TABLE audit (at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, who varchar(50), what varchar(200) NOT NULL, id bigint);
CREATE TABLE `Legacy Import` (`Row No` bigint NOT NULL PRIMARY KEY, `type` varchar(20), `größe` varchar(20), `self` varchar(20), `2nd` year, `CamelCase` double, `a-b` time);
CREATE TABLE options (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, `match` varchar(50) NOT NULL, `unique` varchar(50), UNIQUE (`unique`, `match`));
CREATE VIEW customer_totals AS SELECT customer_id, sum(total) AS total FROM orders GROUP BY customer_id;
CREATE TRIGGER order_touched AFTER UPDATE ON orders FOR EACH ROW INSERT INTO audit (who, what, id) VALUES ('db', new.status, new.id);
