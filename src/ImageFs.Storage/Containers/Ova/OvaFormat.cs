using System.Text;
using ImageFs.Storage.Formats;
using ImageFs.Storage.Tar;

namespace ImageFs.Storage.Containers.Ova;

/// <summary>
/// A virtual machine in an archive (OVF 2.0, clause 5): where its description names one disk, it is that. Of several each is a file of the archive.
/// </summary>
internal sealed class OvaFormat : ContainerFormat
{
    internal const string FormatName = "ova";

    private const string DescriptorExtension = ".ovf";
    private const long MaxDescriptorLength = 4 << 20;

    // A description, its certificate, disks, messages in some languages.
    private const int MaxMembers = 1024;

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override string Title => "a virtual machine in an archive (OVA)";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(TarReader.MagicOffset, TarReader.Magic)];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".ova"];

    /// <inheritdoc/>
    public override bool IsArchive => true;

    /// <inheritdoc/>
    public override bool HoldsFile => true;

    /// <inheritdoc/>
    /// <remarks>The description comes first.</remarks>
    public override bool Probe(ImageFile file)
    {
        if (!HasMarks(file.Window))
        {
            return false;
        }

        try
        {
            return new TarReader(file.Window.View).Read(0) is { } first && IsDescriptor(first) && ReadDisks(file.Source, first).Count == 1;
        }
        catch (ImageException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public override Container Open(ImageFile file, OpenContext context)
    {
        var reader = new TarReader(file.Source);
        TarMember? member = reader.Read(0);
        if (member is null || !IsDescriptor(member) || ReadDisks(file.Source, member) is not [var disk])
        {
            throw new UnsupportedFeatureException($"{file.Name} as one disk: its description names none, or several (each is a file: {file.Name}//NAME)");
        }

        if (disk.IsInParts)
        {
            throw new UnsupportedFeatureException($"an OVA whose disk {disk.Name} is in parts", "OVF 2.0, 7.1");
        }

        for (int i = 0; i < MaxMembers && reader.Read(member.Next) is { } next; i++)
        {
            member = next;
            if (member.Type == TarType.File && Encoding.UTF8.GetString(member.Name) == disk.Name)
            {
                return new OvaDisk(member.Open(file.Source), disk.Name);
            }
        }

        throw new TruncatedImageException($"the disk {disk.Name} that the description names is not in {file.Name}");
    }

    private static bool IsDescriptor(TarMember member) =>
        member.Type == TarType.File && member.Size <= MaxDescriptorLength && Encoding.UTF8.GetString(member.Name).EndsWith(DescriptorExtension, StringComparison.OrdinalIgnoreCase);

    private static IReadOnlyList<OvfDescriptor.Disk> ReadDisks(BlockSource archive, TarMember descriptor)
    {
        byte[] text = new byte[descriptor.Size];
        descriptor.Open(archive).ReadAt(0, text);
        return OvfDescriptor.ReadDisks(Encoding.UTF8.GetString(text));
    }
}
