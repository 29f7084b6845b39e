using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using ArmAes = System.Runtime.Intrinsics.Arm.Aes;
using X86Aes = System.Runtime.Intrinsics.X86.Aes;

namespace EdgeMesh.Caching;

/// <summary>128 bits of keyed hash over bytes: where a key stands in an index, and what a tag is known by.</summary>
/// <param name="Low">Bits 0 to 63: for policies.</param>
/// <param name="High">Bits 64 to 127: for indexes.</param>
/// <remarks>
/// The secret is drawn anew in each process, so a peer cannot aim many keys at one place, and no hash means anything outside.
/// With AES instructions: four lanes that take 16 bytes each, four AES rounds a block (the ALRED construction, as in Pelican
/// MAC, Daemen and Rijmen 2005), folded by four more. Without: SipHash-1-3 with 128 bits of output (Aumasson and Bernstein 2012).
/// Neither is a signature: keys are compared byte for byte where it matters. Allocates nothing.
/// </remarks>
public readonly record struct KeyHash(ulong Low, ulong High)
{
    private const int BlockBytes = 64;

    // Read once: the compiler then treats them as constants.
    private static readonly Vector128<byte>[] Secret = [.. Enumerable.Range(0, 8).Select(_ => Vector128.Create(RandomNumberGenerator.GetBytes(16)))];
    private static readonly Vector128<byte> Key0 = Secret[0];
    private static readonly Vector128<byte> Key1 = Secret[1];
    private static readonly Vector128<byte> Key2 = Secret[2];
    private static readonly Vector128<byte> Key3 = Secret[3];
    private static readonly Vector128<byte> Key4 = Secret[4];
    private static readonly Vector128<byte> Key5 = Secret[5];
    private static readonly Vector128<byte> Key6 = Secret[6];
    private static readonly Vector128<byte> Key7 = Secret[7];

    /// <summary>What an index keeps of the hash.</summary>
    internal uint Fingerprint => (uint)(High >> 32);

    /// <summary>Hashes bytes.</summary>
    public static KeyHash Compute(ReadOnlySpan<byte> bytes) =>
        X86Aes.IsSupported || ArmAes.IsSupported ? ComputeByAes(bytes) : ComputeBySipHash(bytes);

    internal static KeyHash ComputeByAes(ReadOnlySpan<byte> bytes)
    {
        // 1. Whole blocks, a lane for every 16 bytes of each.
        var lanes = new Lanes(Key0, Key1, Key2, Key3);
        ref var at = ref MemoryMarshal.GetReference(bytes);
        var rest = bytes.Length;
        for (; rest >= BlockBytes; rest -= BlockBytes)
        {
            lanes = Absorb(ref at, lanes);
            at = ref Unsafe.Add(ref at, BlockBytes);
        }

        // 2. What is left, padded with zeros: the length tells it from a key that ends in zeros.
        if (rest > 0)
        {
            var last = default(Block);
            bytes[^rest..].CopyTo(last);
            lanes = Absorb(ref last[0], lanes);
        }

        // 3. The lanes into one.
        var folded = Round(lanes.A ^ Vector128.CreateScalar((ulong)bytes.Length).AsByte(), lanes.B) ^ Round(lanes.C, lanes.D);
        var halves = Round(Round(Round(folded, Key5), Key6), Key7).AsUInt64();
        return new KeyHash(halves.ToScalar(), halves.GetElement(1));
    }

    internal static KeyHash ComputeBySipHash(ReadOnlySpan<byte> bytes)
    {
        var (key0, key1) = (Key4.AsUInt64().ToScalar(), Key4.AsUInt64().GetElement(1));
        var state = new SipState(key0 ^ 0x736f6d6570736575, key1 ^ 0x646f72616e646f6d ^ 0xee, key0 ^ 0x6c7967656e657261, key1 ^ 0x7465646279746573);
        var rest = bytes;
        for (; rest.Length >= sizeof(ulong); rest = rest[sizeof(ulong)..])
        {
            state.Absorb(BinaryPrimitives.ReadUInt64LittleEndian(rest));
        }

        var last = (ulong)bytes.Length << 56;
        for (var i = 0; i < rest.Length; i++)
        {
            last |= (ulong)rest[i] << (8 * i);
        }

        state.Absorb(last);
        return new KeyHash(state.Squeeze(0xee), state.Squeeze(0xdd));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Lanes Absorb(ref byte block, Lanes lanes)
    {
        var a = lanes.A ^ Vector128.LoadUnsafe(ref block);
        var b = lanes.B ^ Vector128.LoadUnsafe(ref block, 16);
        var c = lanes.C ^ Vector128.LoadUnsafe(ref block, 32);
        var d = lanes.D ^ Vector128.LoadUnsafe(ref block, 48);
        (a, b, c, d) = (Round(a, Key4), Round(b, Key4), Round(c, Key4), Round(d, Key4));
        (a, b, c, d) = (Round(a, Key5), Round(b, Key5), Round(c, Key5), Round(d, Key5));
        (a, b, c, d) = (Round(a, Key6), Round(b, Key6), Round(c, Key6), Round(d, Key6));
        (a, b, c, d) = (Round(a, Key7), Round(b, Key7), Round(c, Key7), Round(d, Key7));
        return new Lanes(a, b, c, d);
    }

    /// <summary>One AES round: substitute, shift, mix, add the key (FIPS 197 section 5.1). Arm adds its key first, so zero is given there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Round(Vector128<byte> state, Vector128<byte> key) =>
        X86Aes.IsSupported ? X86Aes.Encrypt(state, key) : ArmAes.MixColumns(ArmAes.Encrypt(state, Vector128<byte>.Zero)) ^ key;

    // Not stackalloc: a loop beside one is compiled once, before the secret is known, and looks it up for good.
    [InlineArray(BlockBytes)]
    private struct Block
    {
        private byte _first;
    }

    private readonly struct Lanes(Vector128<byte> a, Vector128<byte> b, Vector128<byte> c, Vector128<byte> d)
    {
        public readonly Vector128<byte> A = a;
        public readonly Vector128<byte> B = b;
        public readonly Vector128<byte> C = c;
        public readonly Vector128<byte> D = d;
    }

    private struct SipState(ulong v0, ulong v1, ulong v2, ulong v3)
    {
        public void Absorb(ulong word)
        {
            v3 ^= word;
            Mix();
            v0 ^= word;
        }

        public ulong Squeeze(ulong domain)
        {
            if (domain == 0xee)
            {
                v2 ^= domain;
            }
            else
            {
                v1 ^= domain;
            }

            Mix();
            Mix();
            Mix();
            return v0 ^ v1 ^ v2 ^ v3;
        }

        private void Mix()
        {
            v0 += v1;
            v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
            v0 = BitOperations.RotateLeft(v0, 32);
            v2 += v3;
            v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
            v2 = BitOperations.RotateLeft(v2, 32);
        }
    }
}
