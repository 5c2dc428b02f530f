namespace ImageFs.Storage.Volumes;

/// <summary>
/// Bytes of metadata that may still be read to find the volumes of disks: thousands of partitions may each lead to the same long text. What is
/// small, and read of every volume, does not count.
/// </summary>
/// <param name="length">Bytes in all.</param>
public sealed class RecognitionAllowance(long length)
{
    private long _taken;

    /// <summary>Takes some of it, before memory is taken for them.</summary>
    /// <param name="count">Bytes that are to be read.</param>
    /// <exception cref="UnsupportedFeatureException">There are not as many left.</exception>
    public void Take(long count)
    {
        if (count > length - _taken)
        {
            throw new UnsupportedFeatureException($"volumes that have more than {ByteSize.Text(length)} of metadata in all");
        }

        _taken += count;
    }
}
