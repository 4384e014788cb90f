//! `string.templatelib`: Template and Interpolation.
