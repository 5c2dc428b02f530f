namespace ImageFs.Images;

/// <summary>Partitions that have no files by their type: nobody misses them.</summary>
internal static class ReservedPartitions
{
    private static readonly HashSet<string> s_types = new(StringComparer.OrdinalIgnoreCase)
    {
        "21686148-6449-6E6F-744E-656564454649", // BIOS boot
        "E3C9E316-0B5C-4DB8-817D-F92DF00215AE", // Microsoft reserved
        "9E1A2D38-C612-4316-AA26-8B49521E5A8B", // PowerPC PReP boot
        "0x41", // the same in an MBR
        "6A945A3B-1DD2-11B2-99A6-080020736631", // Solaris reserved
        "2E0A753D-9E48-43B0-8337-B15192CB1B5E", // ChromeOS, for later
        "FE3A2A5D-4F32-41A7-B725-ACCC3285A309", // ChromeOS kernel
        "8DA63339-0007-60C0-C436-083AC8230908", // Linux reserved
        "0xee", // guards a GPT
        "Apple_partition_map",
        "Apple_Free",
        "Apple_Void",
        "Apple_Scratch",
        "Apple_Extra",
        "Apple_Patches",
        "Apple_FWDriver",
        "Apple_Driver",
        "Apple_Driver43",
        "Apple_Driver43_CD",
        "Apple_Driver_ATA",
        "Apple_Driver_ATAPI",
        "Apple_Driver_IOKit",
        "Apple_Driver_OpenFirmware",
    };

    /// <summary>Whether a volume is one, and has nothing on it that is known; the tracks of a disc are none of its volumes either.</summary>
    internal static bool IsReserved(Volume volume) =>
        volume.Partition is { Session: not null } || (volume.Candidates.All(candidate => candidate.Foreign is { IsVolume: false }) && s_types.Contains(volume.Partition?.Type ?? string.Empty));
}
