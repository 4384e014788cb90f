//! `datetime.h`: the structs, field for field.

use crate::*;

c_struct! {
    /// CPython's `PyDateTime_Delta`.
    PyDateTime_Delta {
        ob_base: PyObject,
        hashcode: Cell<isize>,
        days: Cell<i32>,
        seconds: Cell<i32>,
        microseconds: Cell<i32>,
    }
}

c_struct! {
    /// CPython's `PyDateTime_TZInfo`.
    PyDateTime_TZInfo {
        ob_base: PyObject,
    }
}

c_struct! {
    /// CPython's `_PyDateTime_BaseTZInfo`.
    _PyDateTime_BaseTZInfo {
        ob_base: PyObject,
        hashcode: Cell<isize>,
        hastzinfo: Cell<i8>,
    }
}

c_struct! {
    /// CPython's `_PyDateTime_BaseTime`.
    _PyDateTime_BaseTime {
        ob_base: PyObject,
        hashcode: Cell<isize>,
        hastzinfo: Cell<i8>,
        data: [Cell<u8>; 6],
    }
}

c_struct! {
    /// CPython's `PyDateTime_Time`.
    PyDateTime_Time {
        ob_base: PyObject,
        hashcode: Cell<isize>,
        hastzinfo: Cell<i8>,
        data: [Cell<u8>; 6],
        fold: Cell<u8>,
        tzinfo: Cell<*mut PyObject>,
    }
}

c_struct! {
    /// CPython's `PyDateTime_Date`.
    PyDateTime_Date {
        ob_base: PyObject,
        hashcode: Cell<isize>,
        hastzinfo: Cell<i8>,
        data: [Cell<u8>; 4],
    }
}

c_struct! {
    /// CPython's `_PyDateTime_BaseDateTime`.
    _PyDateTime_BaseDateTime {
        ob_base: PyObject,
        hashcode: Cell<isize>,
        hastzinfo: Cell<i8>,
        data: [Cell<u8>; 10],
    }
}

c_struct! {
    /// CPython's `PyDateTime_DateTime`.
    PyDateTime_DateTime {
        ob_base: PyObject,
        hashcode: Cell<isize>,
        hastzinfo: Cell<i8>,
        data: [Cell<u8>; 10],
        fold: Cell<u8>,
        tzinfo: Cell<*mut PyObject>,
    }
}

c_struct! {
    /// CPython's `PyDateTime_CAPI`.
    PyDateTime_CAPI {
        DateType: Cell<*mut PyTypeObject>,
        DateTimeType: Cell<*mut PyTypeObject>,
        TimeType: Cell<*mut PyTypeObject>,
        DeltaType: Cell<*mut PyTypeObject>,
        TZInfoType: Cell<*mut PyTypeObject>,
        TimeZone_UTC: Cell<*mut PyObject>,
        Date_FromDate: Cell<*mut c_void>,
        DateTime_FromDateAndTime: Cell<*mut c_void>,
        Time_FromTime: Cell<*mut c_void>,
        Delta_FromDelta: Cell<*mut c_void>,
        TimeZone_FromTimeZone: Cell<*mut c_void>,
        DateTime_FromTimestamp: Cell<*mut c_void>,
        Date_FromTimestamp: Cell<*mut c_void>,
        DateTime_FromDateAndTimeAndFold: Cell<*mut c_void>,
        Time_FromTimeAndFold: Cell<*mut c_void>,
    }
}
