//! The names that the derive gives to the tables of structs, by the derive's own rules.

model_derive::naming!();
