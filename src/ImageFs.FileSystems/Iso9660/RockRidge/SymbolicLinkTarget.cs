using ImageFs.Storage;

namespace ImageFs.FileSystems.Iso9660.RockRidge;

/// <summary>
/// Puts the target of a symbolic link together from SL entries (RRIP 4.1.3), byte for byte as Linux does: an empty component leaves
/// two slashes.
/// </summary>
internal ref struct SymbolicLinkTarget
{
    /// <summary>The longest target that Linux can read.</summary>
    public const int MaxLength = 4095;

    private readonly Span<byte> _buffer;

    /// <param name="buffer">Where the target goes; empty when only its length is wanted, else <see cref="MaxLength"/> bytes.</param>
    public SymbolicLinkTarget(Span<byte> buffer) => _buffer = buffer;

    /// <summary>Bytes of the target so far.</summary>
    public int Length { get; private set; }

    /// <summary>Appends the components of an entry.</summary>
    /// <exception cref="InvalidImageException">A component runs past the entry, or the target becomes too long.</exception>
    public void Append(scoped SystemUseEntry entry)
    {
        var link = new SymbolicLink(entry);
        ReadOnlySpan<byte> area = link.ComponentArea;
        while (area.Length >= 2)
        {
            var flags = (SymbolicLinkComponentFlags)area[0];
            int contentLength = area[1];
            area = area[2..];
            if (contentLength > area.Length)
            {
                throw new InvalidImageException(
                    "SL entry", entry.Address, $"a component of {contentLength} bytes runs past its end", "RRIP 4.1.3.1");
            }

            SymbolicLinkComponentFlags kind = flags & ~SymbolicLinkComponentFlags.Continue;
            Append(entry, kind switch
            {
                SymbolicLinkComponentFlags.None => area[..contentLength],
                SymbolicLinkComponentFlags.Current => "."u8,
                SymbolicLinkComponentFlags.Parent => ".."u8,
                SymbolicLinkComponentFlags.Root => "/"u8,
                _ => throw new InvalidImageException(
                    "SL entry", entry.Address, $"a component has the flags 0x{(byte)flags:X2}", "RRIP 4.1.3.1"),
            });
            area = area[contentLength..];

            bool isLast = area.Length < 2 && !link.Continues;
            if (!isLast && kind != SymbolicLinkComponentFlags.Root && !flags.HasFlag(SymbolicLinkComponentFlags.Continue))
            {
                Append(entry, "/"u8);
            }
        }
    }

    private void Append(scoped SystemUseEntry entry, scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxLength - Length)
        {
            throw new InvalidImageException("SL entry", entry.Address, $"the target is longer than {MaxLength} bytes", "RRIP 4.1.3");
        }

        if (!_buffer.IsEmpty)
        {
            bytes.CopyTo(_buffer[Length..]);
        }

        Length += bytes.Length;
    }
}
