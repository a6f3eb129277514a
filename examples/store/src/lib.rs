//! A shop's models: stores sell items, and items carry tags.

mod models;

pub use models::{ItemModel, ItemsTags, StoreModel, TagModel, UserModel};
