//! Whether importlib is still what it was when the interpreter started.

use builtins::dict::Dict;
use builtins::type_::lookup;
use object::{Borrowed, PyResult, Ref, TypeObject};
use std::cell::Cell;

/// Names in namespaces, and attributes of classes, with what they were.
#[derive(Default)]
pub(super) struct Guard {
    values: Vec<(Ref, Ref, Ref)>,
    classes: Vec<Class>,
}

/// A class, and its attributes that matter; looked at again when the class has another version.
struct Class {
    class: Ref,
    version: Cell<u32>,
    attributes: Vec<(Ref, Option<Ref>)>,
}

impl Guard {
    /// Watches the name in the namespace.
    pub(super) fn watch_value(&mut self, dict: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<()> {
        if let Some(value) = crate::support::dict_get(dict, name)? {
            self.values.push((dict.to_ref(), name.to_ref(), value));
        }
        Ok(())
    }

    /// Watches attributes of the class.
    pub(super) fn watch_class(&mut self, class: &Ref, names: &[Borrowed<'_>]) {
        let Some(found) = class.b().downcast::<TypeObject>() else { return };
        let attributes = names.iter().map(|name| (name.to_ref(), lookup::lookup(&found, *name))).collect();
        self.classes.push(Class { class: class.clone(), version: Cell::new(0), attributes });
    }

    /// Whether everything is as it was.
    pub(super) fn holds(&self) -> bool {
        let same = |(dict, name, value): &(Ref, Ref, Ref)| {
            let dict = dict.b().downcast_exact::<Dict>();
            dict.and_then(|dict| dict.peek_str(name.b())).is_some_and(|found| found == value.ptr())
        };
        self.values.iter().all(same) && self.classes.iter().all(Class::holds)
    }
}

impl Class {
    fn holds(&self) -> bool {
        let Some(class) = self.class.b().downcast::<TypeObject>() else { return false };
        let version = class.raw().tp_version_tag.get();
        if version != 0 && version == self.version.get() {
            return true;
        }
        let same = self.attributes.iter().all(|(name, value)| {
            let found = lookup::lookup(&class, name.b());
            found.as_ref().map(Ref::ptr) == value.as_ref().map(Ref::ptr)
        });
        self.version.set(if same { class.raw().tp_version_tag.get() } else { 0 });
        same
    }
}
