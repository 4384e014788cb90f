//! Calls: `tp_call`, vectorcall and what leads to them.

use crate::raise;
use crate::recursion;
use crate::reference::{Borrowed, Object, Ref};
use crate::result::{PyResult, Raised};
use crate::slots::VectorcallFn;
use crate::value::tuple;
use crate::{error, hooks};
use abi::{VECTORCALL_ARGUMENTS_OFFSET, tpflags};

impl Object {
    /// The object's vectorcall function, if its type has them and this object has one.
    #[inline(always)]
    pub fn vectorcall_function(&self) -> Option<VectorcallFn> {
        let class = self.class();
        if !class.has(tpflags::HAVE_VECTORCALL) {
            return None;
        }
        // SAFETY: the flag says that the field is there; it holds null or a function of this signature.
        unsafe { self.as_ptr().byte_offset(class.raw().tp_vectorcall_offset.get()).cast::<Option<VectorcallFn>>().read() }
    }

    /// Calls with positional arguments and, behind them in `args`, the values of the keywords in `kwnames`. `nargsf` counts the positional ones;
    /// its bit 63 says that `args` has a word before its start that the callee may overwrite.
    #[inline]
    pub fn vectorcall(&self, args: &[Borrowed<'_>], nargsf: usize, kwnames: Option<Borrowed<'_>>) -> PyResult<Ref> {
        match self.vectorcall_function() {
            Some(function) => function(self.borrowed(), args.as_ptr(), nargsf, kwnames),
            None => self.call_slot(args, nargsf & !VECTORCALL_ARGUMENTS_OFFSET, kwnames),
        }
    }

    /// A vectorcall through `tp_call`.
    fn call_slot(&self, args: &[Borrowed<'_>], nargs: usize, kwnames: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if let Some(names) = kwnames {
            return self.call_slot_with_keywords(args, nargs, names);
        }
        let Some(call) = self.class().tp_call() else { return Err(self.not_callable()) };
        let tuple = tuple::from_slice(args.get(..nargs).unwrap_or(args))?;
        recursion::check(" while calling a Python object")?;
        call(self.borrowed(), tuple.b(), None)
    }

    #[inline(never)]
    fn call_slot_with_keywords(&self, args: &[Borrowed<'_>], nargs: usize, names: Borrowed<'_>) -> PyResult<Ref> {
        let Some(call) = self.class().tp_call() else { return Err(self.not_callable()) };
        let (positional, values) = args.split_at_checked(nargs).unwrap_or((args, &[]));
        let tuple = tuple::from_slice(positional)?;
        let names = tuple::items(names).unwrap_or_default();
        let kwargs = if names.is_empty() {
            None
        } else {
            let dict = (hooks::get().dict_new)()?;
            for (name, value) in names.iter().zip(values) {
                (hooks::get().dict_set)(dict.b(), *name, *value)?;
            }
            Some(dict)
        };
        recursion::check(" while calling a Python object")?;
        call(self.borrowed(), tuple.b(), kwargs.as_ref().map(Ref::b))
    }

    /// Calls an object without a vectorcall with the arguments in a tuple, and checks what came back.
    #[inline]
    pub fn call_with_tuple(&self, args: &Ref) -> PyResult<Ref> {
        let Some(call) = self.class().tp_call() else { return Err(self.not_callable()) };
        recursion::check(" while calling a Python object")?;
        self.check_result(call(self.borrowed(), args.b(), None))
    }

    #[cold]
    fn not_callable(&self) -> Raised {
        raise!(TypeError, "'{}' object is not callable", self.class().tp_name())
    }

    /// `self(*args, **kwargs)` from a tuple and a dict.
    pub fn call_tuple(&self, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if let Some(function) = self.vectorcall_function() {
            return crate::args::with_call_args(args, kwargs, |all, nargs, names| {
                function(self.borrowed(), all.as_ptr(), nargs, names)
            });
        }
        let Some(call) = self.class().tp_call() else { return Err(self.not_callable()) };
        recursion::check(" while calling a Python object")?;
        call(self.borrowed(), args, kwargs)
    }

    /// `self()`.
    #[inline]
    pub fn call0(&self) -> PyResult<Ref> {
        self.vectorcall(&[], 0, None)
    }

    /// `self(arg)`.
    #[inline]
    pub fn call1(&self, arg: Borrowed<'_>) -> PyResult<Ref> {
        self.call(&[arg])
    }

    /// `self(*args)`.
    #[inline]
    pub fn call(&self, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        self.vectorcall(args, args.len(), None)
    }

    /// Whether the object can be called.
    pub fn is_callable(&self) -> bool {
        self.class().tp_call().is_some()
    }

    /// Checks what a foreign function returned: null without an exception, or a value with one, is SystemError. `self` is what was called.
    #[inline]
    pub fn check_result(&self, result: PyResult<Ref>) -> PyResult<Ref> {
        match (&result, error::is_set()) {
            (Ok(_), false) | (Err(_), true) => result,
            _ => Err(self.wrong_result(result.ok())),
        }
    }

    /// SystemError: what was called returned nothing without an exception, or this with one.
    #[cold]
    pub fn wrong_result(&self, result: Option<Ref>) -> Raised {
        let Some(value) = result else {
            return match self.repr_text() {
                Ok(shown) => raise!(SystemError, "{shown} returned NULL without setting an exception"),
                Err(raised) => raised,
            };
        };
        let cause = error::take();
        drop(value);
        let raised = match self.repr_text() {
            Ok(shown) => raise!(SystemError, "{shown} returned a result with an exception set"),
            Err(raised) => return raised,
        };
        let exception = raised.take();
        if let Some(cause) = cause {
            let fields = error::base_of(exception.b());
            crate::RawField::store(&fields.cause, Some(cause.clone()));
            crate::RawField::store(&fields.context, Some(cause));
        }
        error::restore(exception)
    }
}
