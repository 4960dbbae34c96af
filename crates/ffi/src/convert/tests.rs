use super::*;

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
struct First {
    size: usize,
    a: u32,
}

/// The same struct one version later.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
struct Second {
    size: usize,
    a: u32,
    b: u32,
    c: u64,
}

const FIRST_SIZE: usize = std::mem::offset_of!(First, a) + 4;

// SAFETY: repr(C), size first, zero is valid.
unsafe impl Sized_ for First {
    const FIRST_SIZE: usize = FIRST_SIZE;
}
// SAFETY: as above.
unsafe impl Sized_ for Second {
    const FIRST_SIZE: usize = FIRST_SIZE;
}

#[test]
fn an_older_callers_struct_reads_with_zeros_for_what_it_did_not_know() {
    let mut old = Second { size: FIRST_SIZE, a: 7, b: 99, c: 99 };
    // SAFETY: it is a live struct.
    let read: Second = unsafe { read_sized(&old) }.unwrap();
    assert_eq!(read, Second { size: FIRST_SIZE, a: 7, b: 0, c: 0 });

    // Written back, memory beyond the caller's size stays as it is.
    // SAFETY: as above.
    unsafe { fill_sized(&mut old, &Second { size: 0, a: 1, b: 2, c: 3 }) }.unwrap();
    assert_eq!(old, Second { size: FIRST_SIZE, a: 1, b: 99, c: 99 });
}

#[test]
fn a_newer_callers_struct_is_taken_only_when_what_is_unknown_is_zero() {
    let new = Second { size: size_of::<Second>(), a: 7, b: 0, c: 0 };
    // SAFETY: it is a live struct, which begins like First.
    let read: First = unsafe { read_sized(std::ptr::from_ref(&new).cast::<First>()) }.unwrap();
    assert_eq!(read.a, 7);

    let new = Second { c: 1, ..new };
    // SAFETY: as above.
    let read: Outcome<First> = unsafe { read_sized(std::ptr::from_ref(&new).cast()) };
    assert_eq!(read.unwrap_err(), INVALID);

    let mut new = Second { size: size_of::<Second>(), a: 9, b: 9, c: 9 };
    let known = First { size: 0, a: 5 };
    // SAFETY: as above.
    unsafe { fill_sized(std::ptr::from_mut(&mut new).cast(), &known) }.unwrap();
    assert_eq!(new, Second { size: size_of::<Second>(), a: 5, b: 0, c: 0 });
}

#[test]
fn a_size_that_no_version_had_is_refused() {
    for size in [0, 8, FIRST_SIZE - 1, STRUCT_MAX + 1, usize::MAX] {
        let mut odd = Second { size, a: 0, b: 0, c: 0 };
        // SAFETY: it is a live struct; nothing beyond it is read for these sizes.
        unsafe {
            assert_eq!(read_sized::<Second>(&odd).unwrap_err(), INVALID, "{size}");
            let whole = odd;
            assert_eq!(fill_sized(&mut odd, &whole).unwrap_err(), INVALID, "{size}");
        }
    }
    // SAFETY: NULL is allowed and refused.
    unsafe {
        assert_eq!(read_sized::<First>(std::ptr::null()).unwrap_err(), INVALID);
        assert_eq!(fill_sized(std::ptr::null_mut(), &First { size: 0, a: 0 }).unwrap_err(), INVALID);
    }
}

#[test]
fn text_is_checked_before_it_is_used() {
    // SAFETY: NULL, or live bytes.
    unsafe {
        assert_eq!(text(std::ptr::null(), 0), Ok(""));
        assert_eq!(text(std::ptr::null(), 1), Err(INVALID));
        assert_eq!(text(c"gr\xc3\xbc\xc3\x9fe".as_ptr(), 7), Ok("grüße"));
        assert_eq!(text(c"\xff\xfe".as_ptr(), 2), Err(INVALID));
        assert_eq!(text(c"x".as_ptr(), TEXT_MAX + 1), Err(INVALID));
        assert_eq!(text(c"x".as_ptr(), usize::MAX), Err(INVALID));
        assert_eq!(zero_terminated(std::ptr::null()).length, 0);
        assert_eq!(field(zero_terminated(c"abc".as_ptr())), Ok("abc"));
    }
}

#[test]
fn outputs_are_written_once_or_not_at_all() {
    let mut value = 1;
    // SAFETY: live or NULL.
    unsafe {
        Output::required(&raw mut value).unwrap().write(2);
        Output::<i32>::optional(std::ptr::null_mut()).write(3);
    }
    assert_eq!(value, 2);
    assert_eq!(Output::<i32>::required(std::ptr::null_mut()).unwrap_err(), INVALID);
}

#[test]
fn samples_have_a_bound() {
    // SAFETY: NULL and lengths that are refused before anything is read.
    unsafe {
        assert_eq!(samples::<f32>(std::ptr::null(), 0, 1), Ok(&[][..]));
        assert_eq!(samples::<f32>(std::ptr::null(), 480, 2), Err(INVALID));
        assert_eq!(samples([0.5f32].as_ptr(), SAMPLES_MAX + 1, 1), Err(INVALID));
        let mut one = [0i16];
        samples_mut(one.as_mut_ptr(), 1, 1).unwrap()[0] = 4;
        assert_eq!(one, [4]);
        assert_eq!(samples([1i16, 2, 3, 4].as_ptr(), 2, 2), Ok(&[1, 2, 3, 4][..]));
    }
}
