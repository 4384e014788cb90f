//! x
pub fn new(l: object::Borrowed<'_>, _r: object::Borrowed<'_>) -> object::PyResult {
    Ok(l.to_ref())
}
