//! Formatting of values: the format-spec language of `fmt` (`{:>8.2f}`) and of `%`.
//!
//! `braces` splits `fmt` templates, `printf` those of `%`; `spec` applies one spec to one value;
//! `number` makes digits. Rendering without a spec belongs to `value`.

pub(crate) mod braces;
mod number;
pub(crate) mod printf;
mod spec;

#[cfg(test)]
mod tests;
