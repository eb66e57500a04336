//! The numbers that absmax.h gives to choices. They are plain numbers here, because C can hand over
//! any other.

/// Declares numbers with their names in absmax.h.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $value:literal;)+) => {
        $($(#[$doc])* pub const $name: u32 = $value;)+
    };
}

codes! {
    /// The number of the interface, which is part of the soname.
    ABSMAX_ABI = 0;
    /// The version of the numerical contract.
    ABSMAX_NUMERICS = 1;
}

codes! {
    /// binary32.
    ABSMAX_F32 = 1;
    /// binary16.
    ABSMAX_F16 = 2;
    /// bfloat16.
    ABSMAX_BF16 = 3;
    /// `int8_t`.
    ABSMAX_I8 = 4;
    /// `uint8_t`.
    ABSMAX_U8 = 5;
    /// `int32_t`.
    ABSMAX_I32 = 6;
}

codes! {
    /// Signed integers, as many below 0 as above.
    ABSMAX_SYMMETRIC_NARROW = 1;
    /// All signed integers.
    ABSMAX_SYMMETRIC_FULL = 2;
    /// Signed integers with a zero point.
    ABSMAX_AFFINE_SIGNED = 3;
    /// Unsigned integers with a zero point.
    ABSMAX_AFFINE_UNSIGNED = 4;
    /// The narrow symmetric ones with 2^(bits - 1) added.
    ABSMAX_OFFSET_NARROW = 5;
    /// The full symmetric ones with 2^(bits - 1) added.
    ABSMAX_OFFSET_FULL = 6;
}

codes! {
    /// One scale.
    ABSMAX_PER_TENSOR = 1;
    /// A scale for each row.
    ABSMAX_PER_ROW = 2;
    /// A scale for each column.
    ABSMAX_PER_COLUMN = 3;
    /// A scale for each group of a row.
    ABSMAX_PER_GROUP = 4;
}

codes! {
    /// The arithmetic of absmax.
    ABSMAX_EXACT = 1;
    /// ONNX Runtime's.
    ABSMAX_ONNX = 2;
    /// PyTorch's.
    ABSMAX_TORCH = 3;
    /// torchao's.
    ABSMAX_TORCHAO = 4;
    /// That of compressed-tensors.
    ABSMAX_COMPRESSED_TENSORS = 5;
    /// That of bitsandbytes.
    ABSMAX_BITSANDBYTES = 6;
    /// That of ggml's reference in C.
    ABSMAX_GGML = 7;
    /// That of ggml's kernels for AVX.
    ABSMAX_GGML_X86 = 8;
    /// candle's.
    ABSMAX_CANDLE = 9;
    /// XNNPACK's.
    ABSMAX_XNNPACK = 10;
    /// KleidiAI's.
    ABSMAX_KLEIDIAI = 11;
}

codes! {
    /// Packed integers right after one another.
    ABSMAX_BYTES = 1;
    /// Packed integers whose rows start words of 32 bits.
    ABSMAX_WORDS = 2;
}

codes! {
    /// 32 values in 34 bytes.
    ABSMAX_Q8_0 = 1;
    /// 32 values in 36 bytes.
    ABSMAX_Q8_1 = 2;
    /// 256 values in 292 bytes.
    ABSMAX_Q8_K = 3;
}

codes! {
    /// No argument.
    ABSMAX_ARG_NONE = 0;
    /// The backend.
    ABSMAX_ARG_BACKEND = 1;
    /// The scheme.
    ABSMAX_ARG_SCHEME = 2;
    /// The values.
    ABSMAX_ARG_X = 3;
    /// The integers.
    ABSMAX_ARG_Q = 4;
    /// The scales.
    ABSMAX_ARG_SCALES = 5;
    /// The zero points.
    ABSMAX_ARG_ZERO_POINTS = 6;
    /// The sums.
    ABSMAX_ARG_SUMS = 7;
    /// The scaled sums.
    ABSMAX_ARG_SCALED_SUMS = 8;
    /// The given parameters.
    ABSMAX_ARG_PARAMS = 9;
    /// The outputs.
    ABSMAX_ARG_OUTPUTS = 10;
    /// The packed integers.
    ABSMAX_ARG_PACKED = 11;
    /// The dimensions of tiles, or the integers in tiles.
    ABSMAX_ARG_TILES = 12;
    /// The scratch memory.
    ABSMAX_ARG_SCRATCH = 13;
    /// The place for an error.
    ABSMAX_ARG_ERROR = 14;
    /// A place for a result.
    ABSMAX_ARG_RESULT = 15;
    /// The function that runs tasks.
    ABSMAX_ARG_PARALLEL_FOR = 16;
    /// A name.
    ABSMAX_ARG_NAME = 17;
    /// The blocks of ggml.
    ABSMAX_ARG_BLOCKS = 18;
    /// The dequantized values.
    ABSMAX_ARG_Y = 19;
}

/// What a function says of its work: [`ABSMAX_OK`], or why it was refused.
pub type AbsmaxStatus = i32;

/// Declares the status codes with their names in absmax.h and a text.
macro_rules! statuses {
    ($($name:ident = $value:literal, $text:literal;)+) => {
        $(
            #[doc = $text]
            pub const $name: AbsmaxStatus = $value;
        )+

        /// What a status means, in English.
        pub(crate) const fn text(status: AbsmaxStatus) -> &'static core::ffi::CStr {
            const fn c(text: &'static [u8]) -> &'static core::ffi::CStr {
                match core::ffi::CStr::from_bytes_with_nul(text) {
                    Ok(text) => text,
                    Err(_) => c"",
                }
            }
            match status {
                $($name => const { c(concat!($text, "\0").as_bytes()) },)+
                _ => c"no status of absmax",
            }
        }
    };
}

statuses! {
    ABSMAX_OK = 0, "done";
    ABSMAX_ERROR_NULL = 1, "a pointer is null";
    ABSMAX_ERROR_ALIGNMENT = 2, "a pointer is not aligned to its type";
    ABSMAX_ERROR_STRUCT_SIZE = 3, "a struct has a size that this library does not know";
    ABSMAX_ERROR_OVERLAP = 4, "an output overlaps another buffer";
    ABSMAX_ERROR_CODE = 5, "a number or a name stands for no choice";
    ABSMAX_ERROR_BACKEND = 6, "the backend is forged, or this CPU does not have it";
    ABSMAX_ERROR_ISA = 7, "this CPU or this build does not have the instruction set";
    ABSMAX_ERROR_LENGTH = 8, "a buffer has the wrong length";
    ABSMAX_ERROR_ROW_STRIDE = 9, "the rows would overlap";
    ABSMAX_ERROR_SIZE_OVERFLOW = 10, "a size overflows";
    ABSMAX_ERROR_TYPE = 11, "a type does not fit";
    ABSMAX_ERROR_BITS = 12, "integers do not have so many bits here";
    ABSMAX_ERROR_GROUP_SIZE = 13, "a group has at least one value, and only groups have a size";
    ABSMAX_ERROR_TILES = 14, "tiles are not possible, or not of these dimensions";
    ABSMAX_ERROR_RANGE = 15, "the integers are not two or more of one type";
    ABSMAX_ERROR_ZERO_POINT = 16, "a zero point is not one of the integers allowed";
    ABSMAX_ERROR_SCALE = 17, "a scale is not finite and positive";
    ABSMAX_ERROR_LIMITS = 18, "the limits are not finite and in order";
    ABSMAX_ERROR_SUM_OVERFLOW = 19, "a sum of so many integers may overflow";
    ABSMAX_ERROR_ARITHMETIC = 20, "the arithmetic does not have this";
    ABSMAX_ERROR_PARTIAL_BLOCK = 21, "rows are not whole blocks";
    ABSMAX_ERROR_SCRATCH = 22, "the scratch memory is too small";
    ABSMAX_ERROR_EMPTY = 23, "there are no values";
    ABSMAX_ERROR_TASKS = 24, "not every task was run once";
    ABSMAX_ERROR_GRANULARITY = 25, "the values that share a scale are not divided by rows";
    ABSMAX_ERROR_RESERVED = 26, "a reserved field is not 0";
    ABSMAX_ERROR_NOT_FINITE = 64, "a value is NaN or infinite";
    ABSMAX_ERROR_SCALE_OVERFLOW = 65, "a scale overflows the type that it is stored in";
    ABSMAX_ERROR_SCALE_UNDERFLOW = 66, "a scale is too small for this arithmetic";
    ABSMAX_ERROR_BLOCK_SUM_OVERFLOW = 67, "the scaled sum of a block overflows f16";
    ABSMAX_ERROR_OTHER = 127, "refused for a reason that this interface has no status for";
}
