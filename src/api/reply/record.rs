//! Structs that are parsed from an object of a reply.

/// Declares a struct and its `from_object`. Each field comes with the function that parses it, such
/// as [`fields::text`](crate::api::reply::fields::text), and with its names in the replies.
macro_rules! reply_struct {
    ($(#[$attribute:meta])* pub struct $name:ident {
        $($(#[$doc:meta])* pub $field:ident: $type:ty = $parse:path [$($key:literal),*],)*
    }) => {
        $(#[$attribute])*
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl $name {
            pub fn from_object(object: &serde_json::Value) -> Self {
                Self { $($field: $parse(object, &[$($key),*]),)* }
            }
        }
    };
}

pub(crate) use reply_struct;
