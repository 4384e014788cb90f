//! Watchers of dicts, types, functions, code objects and contexts: doors to [`builtins::watch`].

use crate::form::{FromC, capi, given};
use builtins::watch::{self, Watch};
use object::{Borrowed, PyResult, raise};

macro_rules! callbacks {
    ($($ty:ty)*) => { $(
        impl FromC for Option<$ty> {
            type C = Option<$ty>;
            #[inline(always)]
            unsafe fn from_c(value: Option<$ty>) -> PyResult<Self> {
                Ok(value)
            }
        }
    )* };
}
callbacks! { watch::DictCallback watch::TypeCallback watch::FunctionCallback watch::ObjectCallback }

fn context_hooks() -> PyResult<&'static watch::ContextHooks> {
    vm::import::import_module("_contextvars")?;
    watch::context_hooks().ok_or_else(|| raise!(SystemError, "_contextvars has no hooks"))
}

capi! {
    fn PyDict_AddWatcher(callback: Option<watch::DictCallback>) -> PyResult<i32> {
        watch::add_dict_watcher(given(callback)?)
    }
    fn PyDict_ClearWatcher(id: i32) -> PyResult<()> {
        watch::clear_dict_watcher(id)
    }
    fn PyDict_Watch(id: i32, dict: Borrowed<'_>) -> PyResult<()> {
        watch::watch_dict(id, dict)
    }
    fn PyDict_Unwatch(id: i32, dict: Borrowed<'_>) -> PyResult<()> {
        watch::unwatch_dict(id, dict)
    }
    fn PyType_AddWatcher(callback: Option<watch::TypeCallback>) -> PyResult<i32> {
        watch::add_type_watcher(given(callback)?)
    }
    fn PyType_ClearWatcher(id: i32) -> PyResult<()> {
        watch::clear_type_watcher(id)
    }
    fn PyType_Watch(id: i32, class: Borrowed<'_>) -> PyResult<()> {
        watch::watch_type(id, class, Watch::Begin)
    }
    fn PyType_Unwatch(id: i32, class: Borrowed<'_>) -> PyResult<()> {
        watch::watch_type(id, class, Watch::End)
    }
    fn PyFunction_AddWatcher(callback: Option<watch::FunctionCallback>) -> PyResult<i32> {
        watch::add_function_watcher(given(callback)?)
    }
    fn PyFunction_ClearWatcher(id: i32) -> PyResult<()> {
        watch::clear_function_watcher(id)
    }
    fn PyCode_AddWatcher(callback: Option<watch::ObjectCallback>) -> PyResult<i32> {
        watch::add_code_watcher(given(callback)?)
    }
    fn PyCode_ClearWatcher(id: i32) -> PyResult<()> {
        watch::clear_code_watcher(id)
    }
    fn PyContext_AddWatcher(callback: Option<watch::ObjectCallback>) -> PyResult<i32> {
        watch::add_context_watcher(given(callback)?)
    }
    fn PyContext_ClearWatcher(id: i32) -> PyResult<()> {
        watch::clear_context_watcher(id)
    }
    fn PyContext_Enter(context: Borrowed<'_>) -> PyResult<()> {
        (context_hooks()?.enter)(context)
    }
    fn PyContext_Exit(context: Borrowed<'_>) -> PyResult<()> {
        (context_hooks()?.exit)(context)
    }
}
