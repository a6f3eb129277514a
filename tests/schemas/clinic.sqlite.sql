-- A clinic, strict and tidy: named constraints, STRICT tables, schedules with ranges, cycles of foreign keys.
CREATE TABLE departments (
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    head_id INTEGER,
    CONSTRAINT departments_pkey PRIMARY KEY (id),
    CONSTRAINT departments_name_key UNIQUE (name),
    CONSTRAINT departments_head_id_fkey FOREIGN KEY (head_id) REFERENCES staff (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE TABLE staff (
    id INTEGER NOT NULL PRIMARY KEY,
    department_id INTEGER NOT NULL REFERENCES departments (id),
    role TEXT NOT NULL CHECK (role IN ('doctor', 'nurse', 'clerk')),
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    full_name TEXT NOT NULL GENERATED ALWAYS AS (given_name || ' ' || family_name) STORED,
    hired_on ANY NOT NULL,
    left_on ANY,
    CONSTRAINT left_after_hired CHECK (left_on IS NULL OR left_on >= hired_on)
) STRICT;
CREATE INDEX ix_staff_department_id ON staff (department_id);
CREATE INDEX staff_by_name ON staff (family_name, given_name) WHERE left_on IS NULL;
CREATE TABLE licenses (staff_id INTEGER NOT NULL REFERENCES staff (id) ON DELETE CASCADE, kind TEXT NOT NULL, number TEXT NOT NULL, expires_on DATE, PRIMARY KEY (staff_id, kind), UNIQUE (kind, number));
CREATE TABLE sites (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, timezone TEXT NOT NULL DEFAULT 'Europe/Berlin');
CREATE TABLE rooms (id INTEGER PRIMARY KEY, site_id INTEGER NOT NULL REFERENCES sites (id), label VARCHAR(10) NOT NULL, beds SMALLINT NOT NULL DEFAULT 1 CHECK (beds > 0), UNIQUE (site_id, label));
CREATE TABLE devices (serial TEXT NOT NULL PRIMARY KEY, room_id INTEGER REFERENCES rooms (id) ON DELETE SET NULL, model TEXT NOT NULL, bought_on DATE, price DECIMAL(12, 2)) WITHOUT ROWID;
CREATE TABLE device_checks (device TEXT NOT NULL REFERENCES devices (serial) ON UPDATE CASCADE, checked_at DATETIME NOT NULL, staff_id INTEGER NOT NULL REFERENCES staff (id), passed BOOLEAN NOT NULL, remarks TEXT, PRIMARY KEY (device, checked_at));
CREATE TABLE insurers (id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE UNIQUE, ik CHAR(9) NOT NULL CHECK (ik GLOB '[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]'));
CREATE TABLE patients (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL UNIQUE,
    family_name TEXT NOT NULL,
    given_name TEXT NOT NULL,
    born_on DATE NOT NULL,
    sex TEXT CHECK (sex IN ('f', 'm', 'x')),
    blood_group TEXT CHECK (blood_group IN ('0-', '0+', 'A-', 'A+', 'B-', 'B+', 'AB-', 'AB+')),
    insurer_id INTEGER REFERENCES insurers (id),
    insured_number TEXT,
    consent INTEGER NOT NULL DEFAULT FALSE,
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (insurer_id, insured_number)
);
CREATE INDEX patients_by_name ON patients (family_name COLLATE NOCASE, given_name COLLATE NOCASE, born_on DESC);
CREATE TABLE contacts (id INTEGER PRIMARY KEY, patient_id INTEGER NOT NULL REFERENCES patients (id) ON DELETE CASCADE, relation TEXT NOT NULL, name TEXT NOT NULL, phone TEXT, email TEXT, CHECK (coalesce(phone, email) IS NOT NULL));
CREATE TABLE allergies (patient_id INTEGER NOT NULL REFERENCES patients (id) ON DELETE CASCADE, substance TEXT NOT NULL COLLATE NOCASE, severity SMALLINT NOT NULL DEFAULT 1 CHECK (severity BETWEEN 1 AND 4), PRIMARY KEY (patient_id, substance));
CREATE TABLE diagnoses (code TEXT PRIMARY KEY, title TEXT NOT NULL, parent TEXT REFERENCES diagnoses (code));
CREATE TABLE encounters (id INTEGER PRIMARY KEY, patient_id INTEGER NOT NULL REFERENCES patients (id), kind TEXT NOT NULL, started_at DATETIME NOT NULL, ended_at DATETIME, minutes INTEGER GENERATED ALWAYS AS ((julianday(ended_at) - julianday(started_at)) * 1440) VIRTUAL, CHECK (ended_at > started_at), CHECK (kind IN ('visit', 'stay', 'call')));
CREATE INDEX open_encounters ON encounters (patient_id) WHERE ended_at IS NULL;
CREATE TABLE encounter_diagnoses (encounter_id INTEGER NOT NULL REFERENCES encounters (id) ON DELETE CASCADE, code TEXT NOT NULL REFERENCES diagnoses (code), "primary" BOOLEAN NOT NULL DEFAULT FALSE, PRIMARY KEY (encounter_id, code));
CREATE UNIQUE INDEX one_primary_diagnosis ON encounter_diagnoses (encounter_id) WHERE "primary";
CREATE TABLE appointments (
    id INTEGER PRIMARY KEY,
    patient_id INTEGER NOT NULL REFERENCES patients (id),
    staff_id INTEGER NOT NULL REFERENCES staff (id),
    room_id INTEGER REFERENCES rooms (id) ON DELETE SET NULL,
    "from" DATETIME NOT NULL,
    "to" DATETIME NOT NULL,
    state TEXT NOT NULL DEFAULT 'booked' CHECK (state IN ('booked', 'arrived', 'done', 'no_show')),
    encounter_id INTEGER UNIQUE REFERENCES encounters (id),
    CONSTRAINT "ends after it begins" CHECK ("to" > "from"),
    UNIQUE (staff_id, "from"), UNIQUE (room_id, "from")
);
CREATE TABLE waiting_list (id INTEGER PRIMARY KEY, patient_id INTEGER NOT NULL REFERENCES patients (id), department_id INTEGER NOT NULL REFERENCES departments (id), priority INTEGER NOT NULL DEFAULT -1, since DATE NOT NULL DEFAULT CURRENT_DATE);
CREATE TABLE substances (atc VARCHAR(7) PRIMARY KEY NOT NULL, name TEXT NOT NULL);
CREATE TABLE drugs (pzn INTEGER PRIMARY KEY, name TEXT NOT NULL, atc VARCHAR(7) REFERENCES substances (atc), strength TEXT, pack INTEGER NOT NULL DEFAULT 1) WITHOUT ROWID;
CREATE TABLE interactions (a VARCHAR(7) NOT NULL REFERENCES substances (atc), b VARCHAR(7) NOT NULL REFERENCES substances (atc), note TEXT NOT NULL, PRIMARY KEY (a, b), CHECK (a < b));
CREATE TABLE prescriptions (id INTEGER PRIMARY KEY, encounter_id INTEGER NOT NULL REFERENCES encounters (id), pzn INTEGER NOT NULL REFERENCES drugs (pzn), dose REAL NOT NULL CHECK (dose > 0), unit TEXT NOT NULL DEFAULT 'mg', per_day DECIMAL(4, 1) NOT NULL DEFAULT 1.0, days INTEGER);
CREATE TABLE dispensings (prescription_id INTEGER NOT NULL REFERENCES prescriptions (id), at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, packs INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (prescription_id, at));
CREATE TABLE labs (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE analytes (id INTEGER PRIMARY KEY, loinc TEXT UNIQUE, name TEXT NOT NULL, unit TEXT, low REAL, high REAL, CHECK (low <= high));
CREATE TABLE samples (barcode TEXT PRIMARY KEY, encounter_id INTEGER NOT NULL REFERENCES encounters (id), lab_id INTEGER REFERENCES labs (id), taken_at TIMESTAMP NOT NULL, material TEXT NOT NULL DEFAULT 'blood');
CREATE TABLE results (sample TEXT NOT NULL REFERENCES samples (barcode) ON DELETE CASCADE, analyte_id INTEGER NOT NULL REFERENCES analytes (id), value REAL, text TEXT, abnormal BOOLEAN, PRIMARY KEY (sample, analyte_id), CHECK ((value IS NULL) <> (text IS NULL)));
CREATE TABLE vitals (id INTEGER PRIMARY KEY, encounter_id INTEGER NOT NULL REFERENCES encounters (id) ON DELETE CASCADE, at TIMESTAMP NOT NULL, systolic SMALLINT, diastolic SMALLINT, pulse SMALLINT, temperature DECIMAL(3, 1));
CREATE TABLE documents (id INTEGER PRIMARY KEY, patient_id INTEGER NOT NULL REFERENCES patients (id), encounter_id INTEGER REFERENCES encounters (id), mime TEXT NOT NULL DEFAULT 'application/pdf', content BLOB NOT NULL, size INTEGER GENERATED ALWAYS AS (length(content)) STORED, meta TEXT CHECK (json_valid(meta)));
CREATE INDEX documents_by_kind ON documents (json_extract(meta, '$.kind'), patient_id);
CREATE TABLE services (code TEXT NOT NULL, valid_from DATE NOT NULL, title TEXT NOT NULL, points INTEGER NOT NULL, PRIMARY KEY (code, valid_from));
CREATE TABLE invoices (id INTEGER PRIMARY KEY AUTOINCREMENT, patient_id INTEGER NOT NULL REFERENCES patients (id), number TEXT NOT NULL, issued_on DATE NOT NULL, paid_on DATE, CONSTRAINT invoice_number UNIQUE (number));
CREATE TABLE invoice_items (invoice_id INTEGER NOT NULL REFERENCES invoices (id) ON DELETE CASCADE, no INTEGER NOT NULL, service TEXT NOT NULL, valid_from DATE NOT NULL, factor DECIMAL(3, 2) NOT NULL DEFAULT 1, amount DECIMAL(9, 2) NOT NULL, PRIMARY KEY (invoice_id, no), FOREIGN KEY (service, valid_from) REFERENCES services (code, valid_from) ON UPDATE CASCADE ON DELETE RESTRICT);
CREATE TABLE shifts (staff_id INTEGER NOT NULL REFERENCES staff (id), day DATE NOT NULL, starts TIME NOT NULL, ends TIME NOT NULL, site_id INTEGER NOT NULL REFERENCES sites (id), PRIMARY KEY (staff_id, day, starts)) WITHOUT ROWID;
CREATE TABLE audit_log (id INTEGER PRIMARY KEY, at TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')), staff_id INTEGER REFERENCES staff (id), action TEXT NOT NULL, "table" TEXT NOT NULL, "row" INTEGER, before JSON, after JSON);
CREATE VIEW today AS SELECT * FROM appointments WHERE date("from") = date('now');
