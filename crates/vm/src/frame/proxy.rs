//! `frame.f_locals` of functions: a mapping that writes through to the locals (PEP 667).
