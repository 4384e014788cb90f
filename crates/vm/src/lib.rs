//! The virtual machine: code, function, frame and generator objects, the interpreter loop with its specialisations, and the
//! modules that cannot be thought of without them (`sys`, `builtins`, import, `marshal`, `_warnings`, `_ast`).
//!
//! Rooms below never call the interpreter by name: they call through slots and the hooks that this crate installs.
#![allow(unsafe_code, reason = "frames, slots and the threaded interpreter work on raw memory")]

pub mod ast_module;
pub mod builtins_module;
pub mod code;
pub mod compile;
pub mod eval;
pub mod frame;
pub mod function;
pub mod generator;
pub mod import;
pub mod internals;
pub mod interpreter;
pub mod lifecycle;
pub mod marshal;
pub mod monitoring;
pub mod pending_calls;
pub mod specialize;
pub mod support;
pub mod symtable_module;
pub mod sys;
pub mod typing_module;
pub mod warnings;

use object::spec::TypeEntry;

/// The static types of the interpreter itself, to be completed at start-up behind those of `builtins`.
pub static TYPES: &[TypeEntry] = &[
    TypeEntry::of::<code::Code>(),
    TypeEntry::of::<function::Function>(),
    TypeEntry::of::<frame::FrameObject>(),
    TypeEntry::of::<frame::proxy::FrameLocalsProxy>(),
    TypeEntry::of::<generator::Generator>(),
    TypeEntry::of::<generator::Coroutine>(),
    TypeEntry::of::<generator::CoroutineWrapper>(),
    TypeEntry::of::<generator::AsyncGenerator>(),
    TypeEntry::of::<generator::WrappedValue>(),
    TypeEntry::of::<generator::AsyncGenSend>(),
    TypeEntry::of::<generator::AsyncGenThrow>(),
    TypeEntry::of::<code::LineIterator>(),
    TypeEntry::of::<code::PositionsIterator>(),
    TypeEntry::of::<symtable_module::Entry>(),
    TypeEntry::of::<internals::stages::InstructionSequence>(),
];
