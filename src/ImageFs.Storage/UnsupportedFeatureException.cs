using ImageFs.Linux;

namespace ImageFs.Storage;

/// <summary>The image is sound but uses something that this program does not read (EOPNOTSUPP).</summary>
/// <param name="feature">The feature by its own name, and what it is on.</param>
/// <param name="clause">Where it is specified.</param>
public sealed class UnsupportedFeatureException(string feature, string? clause = null)
    : ImageException($"{feature} not supported{(clause is null ? string.Empty : $" ({clause})")}")
{
    /// <inheritdoc/>
    public override Errno Errno => Errno.EOPNOTSUPP;
}
