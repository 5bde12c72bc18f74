//! Enums whose values have a name on the command line and in results.

/// Defines an enum without data, the list of its values (`ALL`) and the name of each.
macro_rules! named_enum {
    ($(#[$attribute:meta])* pub enum $enum:ident {
        $($(#[$doc:meta])* $variant:ident = $name:literal,)+
    }) => {
        $(#[$attribute])*
        pub enum $enum {
            $($(#[$doc])* $variant,)+
        }

        impl $enum {
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

pub(crate) use named_enum;
