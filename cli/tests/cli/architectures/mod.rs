//! Small models whose config names a class, and what becomes of their modules.

mod kinds;
mod loading;
mod names;
mod of_class;
mod parts;
