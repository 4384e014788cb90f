//! Code that is not our own is verified before it runs for the first time.

use super::Code;
use bytecode::flags::{CO_VARARGS, CO_VARKEYWORDS};
use bytecode::verify::{ConstKind, Reason, Subject, VerifyError, verify};
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, Raised, raise};

impl Code {
    /// SystemError unless the code keeps the promises that the interpreter relies on.
    #[cold]
    pub(super) fn verify(&self) -> PyResult<()> {
        let consts = self.consts();
        let variadic = usize::from(self.has_flag(CO_VARARGS)) + usize::from(self.has_flag(CO_VARKEYWORDS));
        let mut kinds = object::memory::vec_with_capacity(consts.len())?;
        kinds.extend(consts.iter().map(|constant| kind_of(*constant)));
        let subject = Subject {
            code: self.code_bytes(),
            consts: kinds,
            names: self.names().len(),
            kinds: self.localspluskinds(),
            stacksize: self.stacksize.get().cast_unsigned(),
            flags: self.flag_bits(),
            parameters: self.arg_count() + self.kwonlyargcount.get().cast_unsigned() as usize + variadic,
            exceptiontable: self.exceptiontable_bytes(),
        };
        verify(&subject).map_err(|error| self.refused(error))
    }

    #[cold]
    fn refused(&self, error: VerifyError) -> Raised {
        let name = text::to_string_lossy(self.qualname_object());
        let number = usize::try_from(error.offset).ok().and_then(|at| self.code_bytes().get(at));
        match (error.reason, number) {
            (Reason::Opcode, Some(number)) => {
                raise!(SystemError, "bad code in {name}() at offset {}: unknown opcode {number}", error.offset)
            }
            _ => raise!(SystemError, "bad code in {name}() at offset {}: {}", error.offset, why(error.reason)),
        }
    }
}

/// What the verifier has to know of a constant.
fn kind_of(constant: Borrowed<'_>) -> ConstKind {
    if text::check_exact(&constant) {
        return ConstKind::Str;
    }
    if let Some(code) = constant.downcast_exact::<Code>() {
        return ConstKind::Code { free: code.nfreevars.get().cast_unsigned() };
    }
    match tuple::items(constant) {
        Some(items) if items.iter().all(|item| text::check_exact(item)) => {
            ConstKind::Names(u32::try_from(items.len()).unwrap_or(u32::MAX))
        }
        Some(_) => ConstKind::Tuple,
        None => ConstKind::Other,
    }
}

fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::Truncated => "the code ends inside an instruction",
        Reason::Opcode => "unknown opcode",
        Reason::Operand => "operand out of range",
        Reason::Target => "jump into nowhere",
        Reason::Underflow => "stack underflow",
        Reason::Overflow => "stack overflow",
        Reason::Type => "operand of a wrong type",
        Reason::Unbound => "local variable without a value",
        Reason::Borrow => "a borrowed value outlives its local variable",
        Reason::Join => "paths meet with different stacks",
        Reason::End => "the code runs off its end",
        Reason::Table => "damaged table",
        Reason::TooComplex => "too complex",
    }
}
