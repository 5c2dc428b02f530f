using System.Text;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Mounting;

/// <summary>Who waits to hear that a mount answers: the reader of <c>--ready-fd</c>, and the service manager.</summary>
internal sealed class Readiness : IDisposable
{
    private static readonly byte[] s_word = Encoding.ASCII.GetBytes("ready\n");

    private readonly MountRequest _request;
    private readonly FileDescriptor? _descriptor;

    private Readiness(MountRequest request, FileDescriptor? descriptor)
    {
        _request = request;
        _descriptor = descriptor;
    }

    /// <summary>Takes the descriptor, from programs that are started too: its reader sees the end of it when this process is done with it.</summary>
    /// <exception cref="OptionException">It is not open.</exception>
    internal static Readiness Take(MountRequest request)
    {
        if (request.ReadyDescriptor is not { } number)
        {
            return new Readiness(request, null);
        }

        try
        {
            FileDescriptor descriptor = Files.Duplicate(number);
            if (number > 2)
            {
                new FileDescriptor(number).Dispose();
            }

            return new Readiness(request, descriptor);
        }
        catch (LinuxException e)
        {
            throw new OptionException($"--ready-fd {number}", LinuxException.Text(e.Errno));
        }
    }

    /// <summary>The mount answers.</summary>
    /// <param name="server">The process that serves it, when it is another than this one.</param>
    internal void Announce(int? server)
    {
        if (_descriptor is not null)
        {
            _ = Descriptors.Write(_descriptor, s_word, out _);
            _descriptor.Dispose();
        }

        if (!_request.IsFromMount)
        {
            ServiceManager.SayReady($"{_request.PublicImage} is mounted on {_request.Directory}", server);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _descriptor?.Dispose();
}
