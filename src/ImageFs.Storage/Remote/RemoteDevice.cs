using ImageFs.Linux;
using ImageFs.Storage.Caching;

namespace ImageFs.Storage.Remote;

/// <summary>
/// An image that a server gives out. What was read is kept in a file, which replies are spliced from; what will be wanted is asked for ahead; a
/// server that does not answer is tried again for a time, and then readers get EIO until it answers.
/// </summary>
public sealed class RemoteDevice : Device
{
    // One reader ahead is not to push out what others have.
    private const int PartAhead = 4;

    // What a server says of its length is untrusted; places in the image are added to without a look.
    private const long MaxLength = 1L << 60;

    private readonly RemoteTransport _transport;
    private readonly PatientTransport _patient;
    private readonly RemoteFetch? _fetch;
    private readonly ZeroMap? _zeros;

    /// <param name="transport">Asks the server; it is disposed of with the device, and when this throws.</param>
    /// <param name="context">What the image is opened with: where to keep what was read, and how long to try.</param>
    /// <exception cref="UnsupportedFeatureException">The image is longer than any that there may be.</exception>
    public RemoteDevice(RemoteTransport transport, OpenContext context)
    {
        if (transport.Length > MaxLength)
        {
            using (transport)
            {
                throw new UnsupportedFeatureException($"an image of {transport.Length} bytes on a server");
            }
        }

        _transport = transport;
        _patient = new PatientTransport(transport, new Patience(transport.Name, context.Remote.RetryTime, context.Warn));
        _zeros = transport.TellsZeros ? new ZeroMap(_patient, transport.Length) : null;
        if (context.Remote.KeepsData && Length > 0)
        {
            try
            {
                CacheFile file = context.Cache.Make(Length);
                _fetch = new RemoteFetch(transport, _patient, file, context.Cache.MaxBytes / PartAhead);
            }
            catch (LinuxException e)
            {
                context.Warn($"{Name}: what is read is not kept: {e.Message}");
            }
        }
    }

    /// <inheritdoc/>
    public override string Name => _transport.Name;

    /// <inheritdoc/>
    public override string Identity => _transport.Identity;

    /// <inheritdoc/>
    public override long Length => _transport.Length;

    /// <inheritdoc/>
    public override int PhysicalBlockSize => _transport.PreferredBlock;

    /// <inheritdoc/>
    public override bool Fills => _fetch is null && _transport.Fills;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = this;
        long length = Math.Min(maxLength, Length - offset);
        bool isZero = false;
        length = _zeros?.Find(offset, length, out isZero) ?? length;
        return isZero ? Extent.Hole(offset, length) : Extent.Mapped(offset, length, offset);
    }

    /// <inheritdoc cref="RemoteTransport.ListImages"/>
    public IReadOnlyList<string>? ListImages() => _transport.ListImages();

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_fetch is null)
        {
            _transport.Dispose();
        }
        else
        {
            _fetch.Dispose();
        }
    }

    /// <inheritdoc/>
    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        if (_fetch is null)
        {
            _patient.Read(offset, destination);
        }
        else
        {
            _fetch.Read(offset, destination);
        }
    }

    /// <inheritdoc/>
    protected internal override bool TryLeaseFile(long offset, long maxLength, out FileLease lease)
    {
        lease = default;
        return _fetch is not null && _fetch.TryLease(offset, maxLength, out lease);
    }

    /// <inheritdoc/>
    protected internal override bool TryFill(Pipe pipe, long offset, int length) => _patient.TryFill(pipe, offset, length);

    /// <inheritdoc/>
    protected internal override void PrefetchOwn(long offset, long length) => _fetch?.Prefetch(offset, length);
}
