using System.Text;
using ImageFs.Storage;

namespace ImageFs.Fuzz.Mutation;

/// <summary>A file that is put together of parts of a mutant, and of what is always so. Where the mutant was cut short, it ends as well.</summary>
/// <param name="mutant">The mutant; its parts are taken in their order.</param>
internal sealed class FormedDevice(MutantDevice mutant) : Device
{
    private readonly List<Part> _parts = [];
    private long _taken;

    /// <inheritdoc/>
    public override string Name => mutant.Name;

    /// <inheritdoc/>
    public override string Identity => mutant.Identity;

    /// <inheritdoc/>
    public override long Length => _parts.Count == 0 ? 0 : _parts[^1].End;

    /// <summary>Adds bytes of the mutant.</summary>
    /// <param name="length">As many as its seed has.</param>
    public void Add(int length)
    {
        (long start, int left) = Take(length);
        AddPart(left, (offset, destination) => mutant.ReadAt(start + offset, destination));
    }

    /// <summary>Adds bytes that are always so.</summary>
    public void AddText(byte[] text) => AddPart(text.Length, (offset, destination) => text.AsSpan((int)offset, destination.Length).CopyTo(destination));

    /// <summary>Adds bytes of the mutant as text in base64.</summary>
    /// <param name="length">As many as its seed has.</param>
    public void AddBase64(int length)
    {
        (long start, int left) = Take(length);
        var text = new Lazy<byte[]>(() =>
        {
            byte[] bytes = new byte[left];
            mutant.ReadAt(start, bytes);
            return Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes));
        });
        AddPart((left + 2) / 3 * 4, (offset, destination) => text.Value.AsSpan((int)offset, destination.Length).CopyTo(destination));
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
    }

    /// <inheritdoc/>
    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        foreach (Part part in _parts)
        {
            if (destination.Length > 0 && offset >= part.Start && offset < part.End)
            {
                int count = (int)Math.Min(destination.Length, part.End - offset);
                part.Read(offset - part.Start, destination[..count]);
                offset += count;
                destination = destination[count..];
            }
        }
    }

    private (long Start, int Length) Take(int length)
    {
        long start = Math.Min(_taken, mutant.Length);
        _taken += length;
        return (start, (int)Math.Min(length, mutant.Length - start));
    }

    private void AddPart(int length, PartReader read) => _parts.Add(new Part(Length, Length + length, read));

    private delegate void PartReader(long offset, Span<byte> destination);

    private sealed record Part(long Start, long End, PartReader Read);
}
