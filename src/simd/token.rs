//! The tokens that prove that the CPU has an instruction set. Only here is `unsafe` used to enable
//! one.

/// Makes a zero-sized token for an instruction set out of its module's own functions. It also makes
/// the macro `with_features!`, inside which these functions stand.
///
/// The list of features is written once, in the call of this macro. It becomes the detection, the
/// attributes of the module's functions, the trampoline of every operation, and `run`.
macro_rules! token {
    (
        $(#[$doc:meta])*
        $name:ident, detect = $detect:ident, features = $features:tt,
        wild_is_min = $wild:literal, quick_misses_nan = $misses:literal, streams = $streams:literal
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $name(Proof);

        token!(@detect $name, $detect, $features);

        token!(@with_features ($) $features);

        impl crate::simd::Simd for $name {
            type F32 = F32;
            type I32 = I32;
            type I16 = I16;
            type I8 = I8;
            type Peak = Peak;
            type Peak16 = Peak16;
            type Span = Span;
            type Total = Total;
            type Divisor = Divisor;
            const WILD_IS_MIN: bool = $wild;
            const QUICK_MISSES_NAN: bool = $misses;
            const STREAMS: bool = $streams;
            const PANELS: bool = true;
            token!(@op $features load_f32(src: &[f32; LANES]) -> F32);
            token!(@op $features load_f16(src: &[f16; LANES]) -> F32);
            token!(@op $features load_bf16(src: &[bf16; LANES]) -> F32);
            token!(@op $features load_i8(src: &[i8; LANES]) -> F32);
            token!(@op $features load_u8(src: &[u8; LANES]) -> F32);
            token!(@op $features load_i32(src: &[i32; LANES]) -> I32);
            token!(@op $features store_f32(dst: &mut [f32; LANES], v: F32) -> ());
            token!(@op $features store_f16(dst: &mut [f16; LANES], v: F32) -> ());
            token!(@op $features store_bf16(dst: &mut [bf16; LANES], v: F32) -> ());
            token!(@op $features store_i32(dst: &mut [i32; LANES], v: I32) -> ());
            token!(@op $features store_i8(dst: &mut [i8; BLOCK], v: I8) -> ());
            token!(@op $features stream_f32(dst: &mut [f32; LANES], v: F32) -> ());
            token!(@op $features stream_i8(dst: &mut [i8; BLOCK], v: I8) -> ());
            token!(@op $features stream_fence() -> ());
            token!(@op $features prefetch(address: *const u8) -> ());
            token!(@op $features splat(x: f32) -> F32);
            token!(@op $features add(a: F32, b: F32) -> F32);
            token!(@op $features mul(a: F32, b: F32) -> F32);
            token!(@op $features div(a: F32, b: F32) -> F32);
            token!(@op $features reciprocal(scale: F32) -> [F32; 2]);
            token!(@op $features divisor(scale: F32, hi: F32, lo: F32) -> Divisor);
            token!(@op $features div_by(a: F32, d: Divisor) -> F32);
            token!(@op $features clip(v: F32, lo: F32, hi: F32) -> F32);
            token!(@op $features round(v: F32) -> I32);
            token!(@op $features round_away(v: F32) -> I32);
            token!(@op $features splat_i32(x: i32) -> I32);
            token!(@op $features splat_i8(x: i8) -> I8);
            token!(@op $features to_f32(v: I32) -> F32);
            token!(@op $features add_i32(a: I32, b: I32) -> I32);
            token!(@op $features ordered(v: F32) -> I32);
            token!(@op $features magnitude(v: F32) -> I32);
            token!(@op $features not_i32(v: I32) -> I32);
            token!(@op $features max_i32(a: I32, b: I32) -> I32);
            token!(@op $features min_i32(a: I32, b: I32) -> I32);
            token!(@op $features max_each(v: &[I32; LANES]) -> I32);
            token!(@op $features all_within(v: I32, least: i32, most: i32) -> bool);
            token!(@op $features zip_words(a: Words, b: Words) -> [Words; 2]);
            token!(@op $features zip_pairs(a: Words, b: Words) -> [Words; 2]);
            token!(@op $features narrow16(a: I32, b: I32) -> I16);
            token!(@op $features narrow8(a: I16, b: I16) -> I8);
            token!(@op $features narrow8_unsigned(a: I16, b: I16) -> I8);
            token!(@op $features splat_i16(x: i16) -> I16);
            token!(@op $features add_i16(a: I16, b: I16) -> I16);
            token!(@op $features min_i16(a: I16, b: I16) -> I16);
            token!(@op $features has_min_i16(v: I16) -> bool);
            token!(@op $features max_i8(a: I8, b: I8) -> I8);
            token!(@op $features xor_i8(a: I8, b: I8) -> I8);
            token!(@op $features min_i8(a: I8, b: I8) -> I8);
            token!(@op $features has_min_i8(v: I8) -> bool);
            token!(@op $features total() -> Total);
            token!(@op $features add_i8(total: Total, src: &[i8; BLOCK]) -> Total);
            token!(@op $features add_u8(total: Total, src: &[u8; BLOCK]) -> Total);
            token!(@op $features settle(total: Total) -> Total);
            token!(@op $features total_of(total: Total) -> i32);
            token!(@op $features peak() -> Peak);
            token!(@op $features raise(peak: Peak, v: [F32; 2]) -> Peak);
            token!(@op $features raise_quick(peak: Peak, v: [F32; 2]) -> Peak);
            token!(@op $features peak_bits(peaks: [Peak; 4]) -> u32);
            token!(@op $features peak16() -> Peak16);
            token!(@op $features raise16(peak: Peak16, v: &[u16; 2 * LANES]) -> Peak16);
            token!(@op $features peak16_bits(peaks: [Peak16; 4]) -> u16);
            token!(@op $features span() -> Span);
            token!(@op $features extend(span: Span, v: [F32; 2]) -> Span);
            token!(@op $features limits(spans: [Span; 4]) -> [f32; 2]);

            #[inline]
            #[allow(unsafe_code)]
            fn run<K: crate::simd::Kernel>(self, kernel: K) -> K::Output {
                token! {
                    @enable $features
                    fn enabled<K: crate::simd::Kernel>(token: $name, kernel: K) -> K::Output {
                        kernel.eval(token)
                    }
                }
                // SAFETY: only `detect` makes a token, and it saw every one of these features.
                unsafe { enabled(self, kernel) }
            }
        }
    };
    (@op $features:tt $op:ident($($arg:ident: $ty:ty),*) -> $ret:ty) => {
        #[inline(always)]
        #[allow(unsafe_code)]
        fn $op(self, $($arg: $ty),*) -> $ret {
            token! {
                @enable $features
                #[inline]
                fn enabled($($arg: $ty),*) -> $ret { $op($($arg),*) }
            }
            // SAFETY: only `detect` makes a token, and it saw every one of these features.
            unsafe { enabled($($arg),*) }
        }
    };
    (@enable [$($feature:tt),+] $function:item) => {
        $(#[target_feature(enable = $feature)])+
        $function
    };
    // The first argument is a dollar sign, for the macro that is made here.
    (@with_features ($dollar:tt) [$($feature:tt),+]) => {
        /// Functions that may use the instruction set, and that are called where it is enabled.
        macro_rules! with_features {
            ($dollar($dollar function:item)*) => {
                $dollar(
                    #[inline]
                    $(#[target_feature(enable = $feature)])+
                    $dollar function
                )*
            };
        }
    };
    // Without `std`, nothing can ask the CPU. What the build target promises is all that is known. If
    // it does not promise the features, no token can exist, and no kernel is compiled for them.
    (@detect $name:ident, $detect:ident, [$($feature:tt),+]) => {
        #[cfg(any(feature = "std", all($(target_feature = $feature),+)))]
        type Proof = ();
        #[cfg(not(any(feature = "std", all($(target_feature = $feature),+))))]
        type Proof = core::convert::Infallible;

        impl $name {
            /// A token, if the CPU has every feature.
            pub(crate) fn detect() -> Option<Self> {
                #[cfg(feature = "std")]
                { ($(std::arch::$detect!($feature))&&+).then_some(Self(())) }
                #[cfg(all(not(feature = "std"), $(target_feature = $feature),+))]
                { Some(Self(())) }
                #[cfg(not(any(feature = "std", all($(target_feature = $feature),+))))]
                { None }
            }
        }
    };
}
