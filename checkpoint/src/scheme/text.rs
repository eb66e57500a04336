//! Types that have texts: their serialization, and the texts of enums.

/// Implements serde for a type by way of its `Display` and `FromStr`.
macro_rules! serde_as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// Gives the variants of an enum their texts. `$expected` says of another text what it should be.
macro_rules! texts {
    ($type:ident, $expected:literal, $($variant:ident = $text:literal),+) => {
        impl std::str::FromStr for $type {
            type Err = $crate::scheme::InvalidOption;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(Self::Err::new(format!(concat!("{:?} ", $expected), text))),
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self {
                    $(Self::$variant => $text,)+
                })
            }
        }

        $crate::scheme::text::serde_as_text!($type);
    };
}

pub(crate) use {serde_as_text, texts};
