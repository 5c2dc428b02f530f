using ImageFs.FileSystems.Discs;
using ImageFs.FileSystems.Iso9660.ElTorito;
using ImageFs.Storage;
using ImageFs.Storage.Formats;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>What <c>imagefs info</c> says of an ISO 9660 file system.</summary>
internal static class Iso9660Description
{
    private delegate ReadOnlySpan<byte> Field(PrimaryVolumeDescriptor volume);

    /// <summary>What tells the volume from others.</summary>
    public static VolumeIdentity Identify(VolumeDescriptorSet descriptors) => new(
        "iso9660",
        FindLabel(descriptors),
        (descriptors.Primary ?? descriptors.Joliet) is { } volume && !descriptors.IsHighSierra ? FindUuid(volume) ?? string.Empty : string.Empty);

    /// <summary>Describes the volume, and El Torito's boot catalog and the partition descriptors inside it.</summary>
    public static ImageDescription Make(Iso9660Volume volume)
    {
        VolumeDescriptorSet descriptors = volume.Descriptors;
        bool isJoliet = volume.Shown == descriptors.Joliet;
        PrimaryVolumeDescriptor shown = volume.Shown.Volume;
        string? rockRidge = volume.RockRidge?.Version ?? volume.RockRidge?.Identifier;

        VolumeIdentity identity = Identify(descriptors);
        ImageDescription description = new ImageDescription(identity.Type)
            .With("label", identity.Label)
            .With("uuid", identity.Uuid)
            .With("version", descriptors.IsHighSierra ? "High Sierra" : null)
            .With("tree", volume.Tree switch
            {
                Iso9660Tree.Joliet => "joliet",
                Iso9660Tree.RockRidge when rockRidge is not null || volume.RockRidge is { HasIndicator: true } => "rock-ridge",
                _ => "plain",
            })
            .With("rock-ridge", rockRidge)
            .With("joliet-level", descriptors.Joliet is null ? null : (long)descriptors.Joliet.Volume.JolietLevel)
            .With("enhanced", descriptors.Enhanced is null ? null : true)
            .With("block-size", (long)volume.BlockSize)
            .With("size", volume.ToAddress(shown.VolumeSpaceSize))
            .With("sessions", DescriptorSessions.Count(volume.Source))
            .With("first-sector", (volume.Source as SessionSource)?.Start / VolumeDescriptor.Length)
            .With("descriptors-offset", volume.Shown.Address)
            .With("volume-set-size", (long)shown.VolumeSetSize)
            .With("volume-sequence-number", (long)shown.VolumeSequenceNumber)
            .With("created", VolumeTime.ReadWithZone(shown.CreationTime))
            .With("modified", VolumeTime.ReadWithZone(shown.ModificationTime))
            .With("expires", VolumeTime.ReadWithZone(shown.ExpirationTime))
            .With("effective", VolumeTime.ReadWithZone(shown.EffectiveTime));

        AddIdentifiers(description, shown, isJoliet);
        AddChildren(description, volume);
        return description;
    }

    private static void AddIdentifiers(ImageDescription description, PrimaryVolumeDescriptor shown, bool isJoliet)
    {
        ReadOnlySpan<(string Key, Field Field)> fields =
        [
            ("system", static volume => volume.SystemIdentifier),
            ("volume", static volume => volume.VolumeIdentifier),
            ("volume-set", static volume => volume.VolumeSetIdentifier),
            ("publisher", static volume => volume.PublisherIdentifier),
            ("data-preparer", static volume => volume.DataPreparerIdentifier),
            ("application", static volume => volume.ApplicationIdentifier),
            ("copyright-file", static volume => volume.CopyrightFileIdentifier),
            ("abstract-file", static volume => volume.AbstractFileIdentifier),
            ("bibliographic-file", static volume => volume.BibliographicFileIdentifier),
        ];
        foreach ((string key, Field field) in fields)
        {
            description.With(key, isJoliet ? Text.FromUcs2(field(shown)) : Text.FromAscii(field(shown)));
        }
    }

    private static void AddChildren(ImageDescription description, Iso9660Volume volume)
    {
        foreach (DescriptorSector descriptor in volume.Descriptors.Descriptors)
        {
            switch (descriptor.Header.Type)
            {
                case VolumeDescriptorType.BootRecord when descriptor == volume.Descriptors.BootRecord:
                    description.Children.Add(BootCatalog.Describe(volume.Source, descriptor));
                    break;
                case VolumeDescriptorType.BootRecord:
                    description.Children.Add(new ImageDescription("boot-record")
                        .With("system", Text.FromAscii(new BootRecord(descriptor.Bytes).BootSystemIdentifier)));
                    break;
                case VolumeDescriptorType.Partition:
                    var partition = new VolumePartitionDescriptor(descriptor.Bytes);
                    description.Children.Add(new ImageDescription("volume-partition")
                        .With("system", Text.FromAscii(partition.SystemIdentifier))
                        .With("partition", Text.FromAscii(partition.VolumePartitionIdentifier))
                        .With("offset", volume.ToAddress(partition.VolumePartitionLocation))
                        .With("size", volume.ToAddress(partition.VolumePartitionSize)));
                    break;
            }
        }
    }

    /// <summary>The label as blkid finds it: Joliet's, completed by the primary one where Joliet has no room for all of it.</summary>
    private static string FindLabel(VolumeDescriptorSet descriptors)
    {
        string primary = descriptors.Primary is null ? string.Empty : Text.FromAscii(descriptors.Primary.Volume.VolumeIdentifier);
        string joliet = descriptors.Joliet is null ? string.Empty : Text.FromUcs2(descriptors.Joliet.Volume.VolumeIdentifier);
        if (joliet.Length == 0)
        {
            return primary;
        }

        return primary.StartsWith(joliet, StringComparison.OrdinalIgnoreCase) ? joliet + primary[joliet.Length..] : joliet;
    }

    /// <summary>The UUID as blkid forms it: the date of the last modification, or else of the creation.</summary>
    private static string? FindUuid(DescriptorSector descriptor) =>
        VolumeTime.ToUuid(descriptor.Volume.ModificationTime) ?? VolumeTime.ToUuid(descriptor.Volume.CreationTime);
}
