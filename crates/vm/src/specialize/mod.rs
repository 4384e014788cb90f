//! Adaptive specialisation (PEP 659).
