using ImageFs.FileSystems.Directories;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>Where the records of a directory are: one file section (ECMA-119 6.8.1).</summary>
/// <param name="Node">The directory.</param>
/// <param name="Address">Address of its first record.</param>
/// <param name="Length">Bytes that its records take.</param>
internal readonly record struct Iso9660Directory(NodeId Node, long Address, long Length);

/// <summary>The directories of an ISO 9660 volume: "." and ".." are their first records (ECMA-119 6.8.2.2).</summary>
/// <param name="volume">The volume.</param>
internal sealed class Iso9660Directories(Iso9660Volume volume)
    : DirectoryListing<Iso9660Directory, DirectoryReader>(volume.Indexes)
{
    /// <inheritdoc/>
    public override uint Hash(Iso9660Directory directory, ReadOnlySpan<byte> name) => volume.Comparison.Hash(name);

    /// <inheritdoc/>
    protected override Iso9660Directory OpenDirectory(NodeId directory)
    {
        Span<byte> buffer = stackalloc byte[DirectoryRecord.MaxLength];
        long address = Iso9660Node.ToAddress(directory);
        DirectoryRecord record = volume.ReadRecord(address, buffer);
        if (!record.Flags.HasFlag(FileFlags.Directory))
        {
            throw new InvalidImageException("directory record", address, "it is not that of a directory", "ECMA-119 9.1.6");
        }

        volume.RequireThisVolume(record.VolumeSequenceNumber);
        return new Iso9660Directory(directory, volume.ToAddress(record.LocationOfData), record.DataLength);
    }

    /// <inheritdoc/>
    protected override DirectoryReader Read(Iso9660Directory directory, long position) => new(volume, directory, position);

    /// <inheritdoc/>
    protected override int CountDots(Iso9660Directory directory) => 0;
}
