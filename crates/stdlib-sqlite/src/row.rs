//! `sqlite3.Row`: a tuple whose items have the names of columns.

use crate::cursor::Cursor;
use crate::header;
use object::value::{str as text, tuple};
use object::{Borrowed, CompareOp, OptRef, PyResult, Ref, TypeObject, core, memory, raise};

#[macros::pyclass(name = "Row", module = "sqlite3", flags(BASETYPE), gc)]
pub struct Row {
    head: abi::PyObject,
    data: OptRef,
    description: OptRef,
}

impl Row {
    fn values(&self) -> PyResult<Ref> {
        self.data.get().map_or_else(|| tuple::from_vec(Vec::new()), Ok)
    }

    /// The names of the columns.
    fn names(&self) -> PyResult<Vec<Ref>> {
        let Some(description) = self.description.get().filter(|description| !description.is(&core::none())) else {
            return Ok(Vec::new());
        };
        let columns = tuple::items(description.b()).unwrap_or_default();
        Ok(columns.iter().filter_map(|column| tuple::items(*column)?.first().map(|name| name.to_ref())).collect())
    }
}

#[macros::pymethods]
impl Row {
    #[slot(tp_new, "(cursor, data, /)")]
    fn new(cls: Borrowed<'_, TypeObject>, cursor: Borrowed<'_>, data: Borrowed<'_>) -> PyResult<Ref> {
        let Some(cursor) = cursor.downcast::<Cursor>() else {
            let found = cursor.class().tp_name();
            return Err(raise!(TypeError, "Row() argument 1 must be sqlite3.Cursor, not {found}"));
        };
        if tuple::items(data).is_none() {
            return Err(raise!(TypeError, "Row() argument 2 must be tuple, not {}", data.class().tp_name()));
        }
        let row = Row { head: header(), data: OptRef::default(), description: OptRef::default() };
        row.data.set(Some(data.to_ref()));
        row.description.set(cursor.description.get());
        memory::new_instance(&cls, row).map(Ref::upcast)
    }

    /// Returns the keys of the row.
    #[method("($self, /)")]
    fn keys(&self) -> PyResult<Ref> {
        (object::hooks::get().list_new)(self.names()?)
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Ref> {
        self.values()?.iter()
    }

    #[slot(mp_length, sq_length)]
    fn length(&self) -> PyResult<usize> {
        self.values()?.len()
    }

    #[slot(sq_item)]
    fn item(&self, index: isize) -> PyResult<Ref> {
        self.values()?.seq_getitem(index)
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: Borrowed<'_>) -> PyResult<Ref> {
        let values = self.values()?;
        let Some(wanted) = text::to_string(key).filter(|_| text::check(key)) else {
            if object::value::int::check(key) {
                let number = key.index()?;
                let Some(index) = object::value::int::to_i64(number.b()) else {
                    return Err(raise!(IndexError, "cannot fit 'int' into an index-sized integer"));
                };
                let index = if index < 0 { index + values.len()? as i64 } else { index };
                return match isize::try_from(index) {
                    Ok(index) if index >= 0 => values.seq_getitem(index),
                    _ => Err(raise!(IndexError, "tuple index out of range")),
                };
            }
            if text::check(key) || key.downcast::<builtins::slice::Slice>().is_some() {
                return values.getitem(key);
            }
            return Err(raise!(IndexError, "Index must be int or string"));
        };
        for (index, name) in self.names()?.iter().enumerate() {
            if text::eq_str(name.b(), &wanted) || text::to_string(name.b()).is_some_and(|name| name.eq_ignore_ascii_case(&wanted))
            {
                return values.seq_getitem(index.cast_signed());
            }
        }
        Err(raise!(IndexError, "No item with key {}", text::to_string_lossy(key.repr()?.b())))
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        let description = self.description.get().map_or_else(|| Ok(core::none_ref()), Ok)?;
        Ok(description.hash()? ^ self.values()?.hash()?)
    }

    #[slot(tp_richcompare)]
    fn compare(left: Borrowed<'_>, right: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let (Some(a), Some(b)) = (left.downcast::<Row>(), right.downcast::<Row>()) else {
            return Ok(core::not_implemented().to_ref());
        };
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(core::not_implemented().to_ref());
        }
        let description = |row: &Row| row.description.get().map_or_else(core::none_ref, |description| description);
        let same = description(&a).eq(description(&b).b())? && a.values()?.eq(b.values()?.b())?;
        Ok(core::boolean(same == matches!(op, CompareOp::Eq)).to_ref())
    }
}
