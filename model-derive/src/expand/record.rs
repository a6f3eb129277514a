//! The record of a model: the JSON whose form `schema_core::metadata` defines.

use std::fmt::Write as _;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Ident, Path};

use super::json::Json;
use super::literal::{number, text};
use crate::ast::{Field, Model};
use crate::attr::{
    ByDialect, Check, ForeignKey, Index, Literal, Options, Part, Reference, Spanned, Target, Value,
};

/// What the record is made of, besides the types of the columns.
pub(super) struct Record {
    /// The JSON between the module's path and the types.
    pub(super) json: String,
    /// What each typed foreign key refers to.
    pub(super) references: Vec<TokenStream>,
    /// The constants of which they are made.
    pub(super) targets: TokenStream,
    /// How many entries they take.
    pub(super) entries: usize,
}

/// Returns the record.
pub(super) fn record(model: &Model<'_>) -> Record {
    let mut writer = Writer {
        model,
        json: Json::default(),
        references: Vec::new(),
        targets: TokenStream::new(),
        count: 0,
        is_alone: targets(model) == 1,
        entries: 0,
    };
    writer.write();
    Record {
        json: writer.json.into_text(),
        references: writer.references,
        targets: writer.targets,
        entries: writer.entries,
    }
}

/// Returns how many columns of other models the model refers to.
fn targets(model: &Model<'_>) -> usize {
    let references = model
        .fields
        .iter()
        .filter_map(|field| field.attrs.references.as_ref());
    let typed =
        references.filter(|reference| matches!(reference.target, Target::Model(_) | Target::Field(..)));
    let keys = model.attrs.foreign_keys.iter();
    typed.count() + keys.map(|key| key.references.len()).sum::<usize>()
}

struct Writer<'a> {
    model: &'a Model<'a>,
    json: Json,
    references: Vec<TokenStream>,
    targets: TokenStream,
    count: usize,
    /// Whether there is but one target.
    is_alone: bool,
    entries: usize,
}

impl Writer<'_> {
    fn write(&mut self) {
        let model = self.model;
        self.json.member("rust", Some(&model.ident.to_string()));
        self.json.member("table", Some(&model.table));
        self.json.member("schema", model.attrs.schema.as_deref());
        self.list("columns", &model.fields, Self::column);
        let key = model.primary_key();
        if !key.is_empty() {
            self.json
                .strings("primary_key", key.iter().map(|(field, _)| field.column.as_str()));
            let name = model.attrs.primary_key_name.as_deref();
            self.json.member("primary_key_name", name);
        }
        self.indexes();
        self.foreign_keys();
        self.checks();
        self.json.member("comment", model.attrs.comment.as_deref());
        former_names(&mut self.json, &model.attrs.renamed_from);
        self.json.flag("strict", model.attrs.strict.is_some());
        self.json
            .flag("without_rowid", model.attrs.without_rowid.is_some());
        self.json.member("engine", model.attrs.engine.as_deref());
        self.json.member("charset", model.attrs.charset.as_deref());
        self.json.member("collation", model.attrs.collate.as_deref());
        self.json.key("types");
        self.json.open('[');
    }

    /// Writes a member that is a list of objects.
    fn list<T>(&mut self, key: &str, items: impl IntoIterator<Item = T>, write: impl Fn(&mut Self, T)) {
        self.json.key(key);
        self.json.open('[');
        for item in items {
            self.json.element();
            self.json.open('{');
            write(self, item);
            self.json.close('}');
        }
        self.json.close(']');
    }

    fn column(&mut self, field: &Field<'_>) {
        let attrs = &field.attrs;
        let json = &mut self.json;
        json.member("name", Some(&field.column));
        json.member("field", (field.name != field.column).then_some(&field.name));
        json.number("length", attrs.length.as_ref().map(|length| length.value));
        json.number(
            "precision",
            attrs.precision.as_ref().map(|precision| precision.value),
        );
        json.number("scale", attrs.scale.as_ref().map(|scale| scale.value));
        if let Some(sql_type) = &attrs.sql_type {
            json.key("sql_type");
            json.open('{');
            match &sql_type.value {
                ByDialect::Every(native) => json.member("*", Some(native)),
                ByDialect::Dialects(types) => texts(json, types),
            }
            json.close('}');
        }
        let auto = match (&attrs.auto, attrs.autoincrement) {
            (_, Some(_)) => Some("never_reused"),
            (Some(auto), None) if auto.value => Some("auto"),
            (Some(_), None) => Some("no"),
            (None, None) => None,
        };
        json.member("auto", auto);
        if let Some(default) = &attrs.default {
            value(json, "default", &default.value);
        }
        if let Some(backfill) = &attrs.backfill {
            value(json, "backfill", &backfill.value);
        }
        if let Some(generated) = &attrs.generated {
            json.key("generated");
            json.open('{');
            json.member("expression", Some(&generated.value));
            json.member("storage", attrs.stored.map(|_| "stored"));
            json.close('}');
        }
        match attrs.collate.as_ref().map(|collate| &collate.value) {
            Some(ByDialect::Every(collation)) => json.member("collation", Some(collation)),
            Some(ByDialect::Dialects(collations)) => {
                json.key("collations");
                json.open('{');
                texts(json, collations);
                json.close('}');
            }
            None => {}
        }
        json.member("comment", attrs.comment.as_deref());
        former_names(json, &attrs.renamed_from);
    }

    fn indexes(&mut self) {
        let model = self.model;
        let constraints = model.fields.iter().filter(|field| field.attrs.unique.is_some());
        let plain = model.fields.iter().filter(|field| field.attrs.index.is_some());
        let fields: Vec<(&Field<'_>, bool)> = constraints
            .map(|field| (field, true))
            .chain(plain.map(|field| (field, false)))
            .collect();
        if fields.is_empty() && model.attrs.indexes.is_empty() {
            return;
        }
        self.json.key("indexes");
        self.json.open('[');
        for (field, unique) in fields {
            self.json.element();
            self.json.open('{');
            self.list("keys", [field], |this, field| {
                this.json.member("column", Some(&field.column))
            });
            self.json.flag("unique", unique);
            self.json.flag("constraint", unique);
            self.json.close('}');
        }
        for index in &model.attrs.indexes {
            self.json.element();
            self.json.open('{');
            self.index(index);
            self.json.close('}');
        }
        self.json.close(']');
    }

    fn index(&mut self, index: &Index) {
        self.list("keys", &index.keys, |this, key| {
            match &key.part {
                Part::Field(ident) => {
                    let column = this.column_of(ident);
                    this.json.member("column", Some(&column));
                }
                Part::Expression(expression) => this.json.member("expression", Some(expression)),
            }
            this.json.member("order", key.descending.then_some("descending"));
            this.json.member("nulls", key.nulls.map(|nulls| nulls.0));
            this.json.member("operator_class", key.operator_class.as_deref());
        });
        self.json.member("name", index.name.as_deref());
        self.json.flag("unique", index.unique);
        self.json.flag("constraint", index.constraint);
        self.json.member("where", index.predicate.as_deref());
        self.json.member("using", index.using.as_deref());
        if !index.include.is_empty() {
            let columns: Vec<String> = index.include.iter().map(|field| self.column_of(field)).collect();
            self.json.strings("include", columns.iter().map(String::as_str));
        }
        self.json
            .flag("nulls_not_distinct", index.nulls_not_distinct.is_some());
    }

    fn foreign_keys(&mut self) {
        let model = self.model;
        let references = || {
            model
                .fields
                .iter()
                .filter_map(|field| Some((field, field.attrs.references.as_ref()?)))
        };
        if references().next().is_none() && model.attrs.foreign_keys.is_empty() {
            return;
        }
        self.json.key("foreign_keys");
        self.json.open('[');
        for (field, reference) in references() {
            self.json.element();
            self.json.open('{');
            self.reference(field, reference);
            self.json.close('}');
        }
        for key in &model.attrs.foreign_keys {
            self.json.element();
            self.json.open('{');
            self.foreign_key(key);
            self.json.close('}');
        }
        self.json.close(']');
    }

    fn reference(&mut self, field: &Field<'_>, reference: &Reference) {
        self.json.strings("columns", [field.column.as_str()]);
        match &reference.target {
            Target::Model(model) => {
                let target = self.target(model, None, field.ident);
                self.refer(&[target]);
            }
            Target::Field(model, to) => {
                let target = self.target(model, Some(to), field.ident);
                self.refer(&[target]);
            }
            Target::Column {
                schema,
                table,
                column,
            } => {
                self.json.key("target");
                self.json.open('[');
                self.json.element();
                match schema {
                    Some(schema) => self.json.string(schema),
                    None => self.json.raw("null"),
                }
                self.json.element();
                self.json.string(table);
                self.json.element();
                self.json.open('[');
                self.json.element();
                self.json.string(column);
                self.json.close(']');
                self.json.close(']');
            }
        }
        self.options(&reference.options);
    }

    fn foreign_key(&mut self, key: &ForeignKey) {
        let columns: Vec<String> = key.fields.iter().map(|field| self.column_of(field)).collect();
        self.json.strings("columns", columns.iter().map(String::as_str));
        let pairs = key.fields.iter().zip(&key.references);
        let targets: Vec<TokenStream> = pairs
            .map(|(from, to)| self.target(&key.model, Some(to), from))
            .collect();
        self.refer(&targets);
        self.options(&key.options);
    }

    /// Returns a column referred to, whose type is checked. If there are several, each is a constant of its own, so that the compiler reports
    /// all that are wrong; one alone may be wrong in the record.
    fn target(&mut self, model: &Path, to: Option<&Ident>, from: &Ident) -> TokenStream {
        let this = self.model.ident;
        let span = to.map_or_else(|| model.span(), Ident::span);
        let of = if model.is_ident("Self") {
            this.to_token_stream()
        } else {
            model.to_token_stream()
        };
        let of = quote_spanned!(span=> <#of as __autogen::DerivedModel>::DERIVED);
        let from = self
            .model
            .field(from)
            .map(|from| number(self.model.place(from), span));
        let target = match to {
            Some(to) => {
                let field = text(&to.unraw().to_string(), span);
                quote_spanned!(span=> __autogen::field::<#this>(#of, #field, #from))
            }
            None => quote_spanned!(span=> __autogen::key::<#this>(#of, #from)),
        };
        if self.is_alone {
            return target;
        }
        self.count += 1;
        let body = self.model.body;
        // Its use stands at the attribute too, since the compiler says where a wrong constant is used.
        let name = Ident::new(&format!("__AUTOGEN_TARGET_{}", self.count), span);
        self.targets
            .extend(quote_spanned!(body=> const #name: __autogen::Target = #target;));
        name.into_token_stream()
    }

    /// Puts the columns that a foreign key refers to among the references.
    fn refer(&mut self, targets: &[TokenStream]) {
        let span = self.model.body;
        self.entries += 2 + targets.len();
        self.references.push(quote_spanned!(span=> &[#(#targets),*]));
    }

    fn options(&mut self, options: &Options) {
        let Options {
            on_delete,
            on_update,
            deferrable,
            name,
        } = options;
        self.json.member("on_delete", on_delete.map(|action| action.0));
        self.json.member("on_update", on_update.map(|action| action.0));
        self.json.member("deferrable", deferrable.map(|time| time.0));
        self.json.member("name", name.as_deref());
    }

    fn checks(&mut self) {
        let model = self.model;
        let of_fields = model
            .fields
            .iter()
            .filter_map(|field| Some((field.attrs.check.as_ref()?, Some(field))));
        let checks: Vec<(&Check, Option<&Field<'_>>)> = of_fields
            .chain(model.attrs.checks.iter().map(|check| (check, None)))
            .collect();
        if checks.is_empty() {
            return;
        }
        self.list("checks", checks, |this, (check, field)| {
            this.json.member("expression", Some(&check.expression));
            this.json.member("name", check.name.as_deref());
            this.json
                .member("column", field.map(|field| field.column.as_str()));
        });
    }

    fn column_of(&self, ident: &Ident) -> String {
        let field = self.model.field(ident);
        field.map_or_else(|| ident.unraw().to_string(), |field| field.column.clone())
    }
}

/// Writes a text for each dialect.
fn texts(json: &mut Json, by_dialect: &[(String, String)]) {
    for (dialect, text) in by_dialect {
        json.member(dialect, Some(text));
    }
}

fn former_names(json: &mut Json, names: &[Spanned<String>]) {
    if !names.is_empty() {
        json.strings("renamed_from", names.iter().map(|name| name.value.as_str()));
    }
}

fn value(json: &mut Json, key: &str, value: &Value) {
    json.key(key);
    match value {
        Value::Sql(sql) => object(json, "sql", sql),
        Value::Literal(Literal::Boolean(value)) => json.raw(if *value { "true" } else { "false" }),
        Value::Literal(Literal::Integer(number)) => match i64::try_from(*number) {
            Ok(number) => json.raw(&number.to_string()),
            Err(_) => object(json, "number", &number.to_string()),
        },
        Value::Literal(Literal::Number(number)) => object(json, "number", number),
        Value::Literal(Literal::Text(text)) => json.string(text),
        Value::Literal(Literal::Bytes(bytes)) => {
            let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
                write!(hex, "{byte:02x}").expect("a string takes all");
                hex
            });
            object(json, "hex", &hex);
        }
    }
}

fn object(json: &mut Json, key: &str, text: &str) {
    json.open('{');
    json.member(key, Some(text));
    json.close('}');
}
