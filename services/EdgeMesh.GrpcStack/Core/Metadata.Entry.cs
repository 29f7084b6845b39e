using System.Text;
using EdgeMesh.Wire;

namespace Grpc.Core;

public sealed partial class Metadata
{
    /// <summary>A name with a text or a binary value. Immutable.</summary>
    public class Entry
    {
        private readonly string? _value;
        private readonly byte[]? _valueBytes;

        /// <summary>An entry with a binary value.</summary>
        /// <param name="key">Letters, digits, '_', '-', '.', lowered, with the suffix <see cref="BinaryHeaderSuffix"/>.</param>
        /// <param name="valueBytes">The value, which is copied.</param>
        /// <exception cref="ArgumentException">The name has another character, or not the suffix.</exception>
        public Entry(string key, byte[] valueBytes)
        {
            Key = NormalizeKey(key);
            if (!MetadataRules.IsBinary(Key))
            {
                throw new ArgumentException("Key for binary valued metadata entry needs to have suffix indicating binary value.", nameof(key));
            }

            ArgumentNullException.ThrowIfNull(valueBytes);
            _valueBytes = (byte[])valueBytes.Clone();
        }

        /// <summary>An entry with a text value.</summary>
        /// <param name="key">Letters, digits, '_', '-', '.', lowered, without the suffix <see cref="BinaryHeaderSuffix"/>.</param>
        /// <param name="value">The value. What is not printable ASCII fails when it is sent.</param>
        /// <exception cref="ArgumentException">The name has another character, or the suffix.</exception>
        public Entry(string key, string value)
        {
            Key = NormalizeKey(key);
            if (MetadataRules.IsBinary(Key))
            {
                throw new ArgumentException("Key for ASCII valued metadata entry cannot have suffix indicating binary value.", nameof(key));
            }

            ArgumentNullException.ThrowIfNull(value);
            _value = value;
        }

        private Entry(string key, string? value, byte[]? valueBytes)
        {
            Key = key;
            _value = value;
            _valueBytes = valueBytes;
        }

        /// <summary>The name, in lower case.</summary>
        public string Key { get; }

        /// <summary>The value's bytes: a copy, or a text value as ASCII.</summary>
        public byte[] ValueBytes => _valueBytes is null ? Encoding.ASCII.GetBytes(_value!) : (byte[])_valueBytes.Clone();

        /// <summary>The text value.</summary>
        /// <exception cref="InvalidOperationException">The value is binary.</exception>
        public string Value => _value ?? throw new InvalidOperationException("Cannot access string value of a binary metadata entry");

        /// <summary>Whether the value is binary.</summary>
        public bool IsBinary => _value is null;

        /// <summary>The value's bytes without a copy, for the wire; empty for a text value.</summary>
        internal ReadOnlySpan<byte> BinaryValue => _valueBytes;

        /// <inheritdoc/>
        public override string ToString() => IsBinary
            ? $"[Entry: key={Key}, valueBytes={Convert.ToHexString(_valueBytes!)}]"
            : $"[Entry: key={Key}, value={_value}]";

        /// <summary>An entry that came over the wire: the name is lowered, not checked, and the bytes are not copied.</summary>
        internal static Entry FromWire(string key, byte[] valueBytes) => new(key.ToLowerInvariant(), null, valueBytes);

        /// <summary>An entry that came over the wire: the name is lowered, not checked.</summary>
        internal static Entry FromWire(string key, string value) => new(key.ToLowerInvariant(), value, null);

        private static string NormalizeKey(string key)
        {
            ArgumentNullException.ThrowIfNull(key);
            var lowered = key.ToLowerInvariant();
            return MetadataRules.IsValidName(lowered)
                ? lowered
                : throw new ArgumentException($"Metadata entry key '{key}' not valid. Keys can only contain lowercase alphanumeric characters, underscores, hyphens and dots.", nameof(key));
        }
    }
}
