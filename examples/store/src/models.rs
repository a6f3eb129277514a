use schema_core::Model;

/// A shop.
#[derive(Model)]
pub struct StoreModel {
    pub id: i64,
    #[model(length = 80, unique)]
    pub name: String,
}

/// Somebody who may sign in.
#[derive(Model)]
pub struct UserModel {
    pub id: i64,
    #[model(length = 80, unique)]
    pub username: String,
    #[model(length = 80)]
    pub password: String,
}

/// Something that a store sells.
#[derive(Model)]
pub struct ItemModel {
    pub id: i64,
    #[model(length = 80)]
    pub name: String,
    pub description: Option<String>,
    pub price: f64,
    #[model(references(StoreModel), index)]
    pub store_id: i64,
}

/// A word by which a store's items are found.
#[derive(Model)]
pub struct TagModel {
    pub id: i64,
    #[model(length = 80)]
    pub name: String,
    #[model(references(StoreModel), index)]
    pub store_id: i64,
}

/// Which item carries which tag.
#[derive(Model)]
#[model(unique(item_id, tag_id))]
pub struct ItemsTags {
    pub id: i64,
    #[model(references(ItemModel, on_delete = cascade))]
    pub item_id: i64,
    #[model(references(TagModel, on_delete = cascade), index)]
    pub tag_id: i64,
}
