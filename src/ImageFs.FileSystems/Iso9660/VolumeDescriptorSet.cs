using ImageFs.Storage;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>A volume descriptor as it was read.</summary>
/// <param name="address">Where it is, in bytes from the start of the image.</param>
/// <param name="bytes">All its bytes.</param>
internal sealed class DescriptorSector(long address, byte[] bytes)
{
    /// <summary>Where it is, in bytes from the start of the image.</summary>
    public long Address => address;

    /// <summary>All its bytes.</summary>
    public ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>What all descriptors begin with.</summary>
    public VolumeDescriptor Header => new(bytes);

    /// <summary>As a primary or supplementary descriptor.</summary>
    public PrimaryVolumeDescriptor Volume => new(bytes);
}

/// <summary>The volume descriptors of an image (ECMA-119 6.7.1): from sector 16 on to the terminator.</summary>
internal sealed class VolumeDescriptorSet
{
    /// <summary>Sectors that are looked at: as many as Linux looks at.</summary>
    public const int MaxSectors = 84;

    private const int FirstSector = 16;

    private readonly List<DescriptorSector> _descriptors = [];

    private VolumeDescriptorSet()
    {
    }

    /// <summary>Whether there is any descriptor but a terminator, sound or not, by its standard identifier (ECMA-119 8.1.2).</summary>
    public bool IsRecognised { get; private set; }

    /// <summary>Whether they are those of High Sierra, made into those of ISO 9660.</summary>
    public bool IsHighSierra { get; private set; }

    /// <summary>All descriptors in their order, without the terminator.</summary>
    public IReadOnlyList<DescriptorSector> Descriptors => _descriptors;

    /// <summary>The primary descriptor.</summary>
    public DescriptorSector? Primary { get; private set; }

    /// <summary>The supplementary descriptor of Joliet.</summary>
    public DescriptorSector? Joliet { get; private set; }

    /// <summary>The enhanced descriptor of ISO 9660:1999.</summary>
    public DescriptorSector? Enhanced { get; private set; }

    /// <summary>The boot record of El Torito.</summary>
    public DescriptorSector? BootRecord { get; private set; }

    /// <summary>Reads the set. What is no descriptor is passed over, as in Linux; the end of the image ends it.</summary>
    /// <param name="source">The image.</param>
    /// <param name="start">Address of the system area in front of the set: 0 unless it is of a later session.</param>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static VolumeDescriptorSet Read(BlockSource source, long start)
    {
        var set = new VolumeDescriptorSet();
        for (int sector = FirstSector; sector < FirstSector + MaxSectors; sector++)
        {
            long address = start + ((long)sector * VolumeDescriptor.Length);
            if (!set.TryRead(source, address, out DescriptorSector? descriptor))
            {
                break;
            }

            if (descriptor is null)
            {
                continue;
            }

            if (descriptor.Header.Type == VolumeDescriptorType.Terminator)
            {
                break;
            }

            set.Add(descriptor);
        }

        return set;
    }

    private void Add(DescriptorSector descriptor)
    {
        _descriptors.Add(descriptor);
        switch (descriptor.Header.Type)
        {
            case VolumeDescriptorType.Primary:
                Primary ??= descriptor;
                break;
            case VolumeDescriptorType.Supplementary when descriptor.Volume.JolietLevel > 0:
                Joliet ??= descriptor;
                break;
            case VolumeDescriptorType.Supplementary when descriptor.Header.Version == 2:
                Enhanced ??= descriptor;
                break;
            case VolumeDescriptorType.BootRecord when new BootRecord(descriptor.Bytes).IsElTorito:
                BootRecord ??= descriptor;
                break;
        }
    }

    /// <returns>False when the image ends before.</returns>
    private bool TryRead(BlockSource source, long address, out DescriptorSector? descriptor)
    {
        descriptor = null;
        try
        {
            Span<byte> header = stackalloc byte[HighSierra.HeaderLength];
            source.ReadAt(address, header);
            var common = new VolumeDescriptor(header);
            if (common.IsIso9660)
            {
                IsRecognised |= common.Type != VolumeDescriptorType.Terminator;
                byte[] bytes = new byte[VolumeDescriptor.Length];
                source.ReadAt(address, bytes);
                descriptor = new DescriptorSector(address, bytes);
            }
            else if (HighSierra.IsDescriptor(header) && HighSierra.TypeOf(header) is VolumeDescriptorType.Primary or VolumeDescriptorType.Terminator)
            {
                bool isPrimary = HighSierra.TypeOf(header) == VolumeDescriptorType.Primary;
                IsRecognised |= isPrimary;
                IsHighSierra |= isPrimary && Primary is null;
                byte[] bytes = new byte[VolumeDescriptor.Length];
                source.ReadAt(address, bytes);
                descriptor = new DescriptorSector(address, HighSierra.ToIso9660(bytes));
            }

            return true;
        }
        catch (TruncatedImageException)
        {
            return false;
        }
    }
}
