using ImageFs.Storage.Caching;
using ImageFs.Storage.Remote;

namespace ImageFs.Storage.Containers.Packed;

/// <summary>A format that a file of any kind is compressed in.</summary>
internal abstract class PackedFormat : ContainerFormat
{
    // What a file without its length may hold at most: file systems have no longer files than a few times of it.
    private const long MaxMeasured = 4L << 40;
    private const int MeasureStep = 256 << 10;

    /// <inheritdoc/>
    public sealed override bool HoldsFile => true;

    /// <inheritdoc/>
    public sealed override bool IsCompression => true;

    /// <inheritdoc/>
    public sealed override Container Open(ImageFile file, OpenContext context)
    {
        var parts = new PackedParts(Name);
        var measuring = new Measuring(Name, file, context, MaxMeasured);
        try
        {
            Packing packing = FindParts(file, parts, measuring, context);
            measuring.End();
            context.Unpacking.AddFile(parts.Length);
            return new PackedDisk(packing, parts, context, measuring.Kept);
        }
        catch (TypeLoadException)
        {
            measuring.Dispose();
            throw new UnsupportedFeatureException($"{Name} without the library {Library}");
        }
        catch
        {
            measuring.Dispose();
            throw;
        }
    }

    /// <summary>The library that decodes it.</summary>
    protected abstract string Library { get; }

    /// <summary>Finds the parts of a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="parts">Takes them.</param>
    /// <param name="measuring">Decodes those whose length is not told.</param>
    /// <param name="context">What the file is opened with.</param>
    /// <exception cref="ImageException">The file is damaged, or its end is missing.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    protected abstract Packing FindParts(ImageFile file, PackedParts parts, Measuring measuring, OpenContext context);

    /// <summary>Says it where something else follows the last part that the format knows; zeros are none, as on tapes.</summary>
    protected static void WarnOfRest(ImageFile file, long address, OpenContext context)
    {
        Span<byte> start = stackalloc byte[(int)Math.Min(512, file.Source.Length - address)];
        file.Source.ReadAt(address, start);
        if (start.ContainsAnyExcept((byte)0))
        {
            context.Warn($"{file.Name}: what follows at 0x{address:X}, {file.Source.Length - address} bytes, is not compressed, and left out");
        }
    }

    /// <summary>Decodes parts to find their lengths, and keeps what came of them.</summary>
    internal sealed class Measuring(string name, ImageFile file, OpenContext context, long maxLength) : IDisposable
    {
        private readonly byte[] _buffer = new byte[MeasureStep];
        private ITransfer? _transfer;

        /// <summary>What was kept; null when nothing was decoded.</summary>
        public CacheFile? Kept { get; private set; }

        /// <summary>Decodes a part to its end.</summary>
        /// <param name="offset">Where it begins, decoded.</param>
        /// <param name="reader">Decodes it; it is disposed of.</param>
        /// <param name="address">Where in the file it is, to show how far it is.</param>
        /// <returns>Its length.</returns>
        public long Measure(long offset, PartReader reader, long address)
        {
            using (reader)
            {
                long length = 0;
                while (reader.Read(_buffer) is > 0 and int count)
                {
                    Keep(offset + length, _buffer.AsSpan(0, count), address + reader.Taken);
                    length += count;
                }

                return length;
            }
        }

        /// <summary>Keeps bytes that were decoded.</summary>
        /// <exception cref="UnsupportedFeatureException">They are too many.</exception>
        public void Keep(long offset, ReadOnlySpan<byte> bytes, long address)
        {
            if (offset > maxLength - bytes.Length)
            {
                throw new UnsupportedFeatureException($"a file of {name} that holds more than {ByteSize.Text(maxLength)}");
            }

            Kept ??= context.Cache.Make(maxLength);
            _ = Kept.Store(offset, bytes);
            context.Unpacking.AddDecoded(bytes.Length);
            _transfer ??= context.ShowTransfer(file.Source.Length);
            _transfer.Reach(address);
        }

        /// <summary>All of it is done.</summary>
        public void End() => _transfer?.Dispose();

        /// <inheritdoc/>
        public void Dispose()
        {
            End();
            Kept?.Dispose();
        }
    }
}
