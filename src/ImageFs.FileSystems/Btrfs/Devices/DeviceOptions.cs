using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Devices;

/// <summary>The options of Btrfs about its devices and the checksums of data.</summary>
/// <param name="IsDegraded">Whether devices may be missing.</param>
/// <param name="Checking">Which data is checked.</param>
/// <param name="Rescue">What of a damaged file system is passed over.</param>
internal sealed record DeviceOptions(bool IsDegraded, DataChecking Checking, RescueOptions Rescue)
{
    /// <summary>Takes them.</summary>
    /// <exception cref="OptionException">One has a value that it cannot have.</exception>
    public static DeviceOptions Take(OptionList options)
    {
        var rescue = RescueOptions.Take(options);
        return new DeviceOptions(
            options.TakeFlag("degraded"),
            options.TakeValue("data_csum") switch
            {
                null => rescue.IgnoresDataChecksums ? DataChecking.None : DataChecking.Decoded,
                "check" => rescue.IgnoresDataChecksums ? throw new OptionException("data_csum=check", "and rescue=ignoredatacsums contradict each other") : DataChecking.All,
                "off" => DataChecking.None,
                string other => throw new OptionException($"data_csum={other}", "must be check or off"),
            },
            rescue);
    }
}

/// <summary>Which data is held against its checksums when it is read.</summary>
internal enum DataChecking
{
    /// <summary>What is decoded; the rest goes to the reader without a look.</summary>
    Decoded,

    /// <summary>All of it.</summary>
    All,

    /// <summary>None.</summary>
    None,
}
