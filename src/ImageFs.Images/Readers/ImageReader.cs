using System.Collections.Concurrent;
using ImageFs.Images.Library;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers;

namespace ImageFs.Images.Readers;

/// <summary>
/// A process that reads images for another one, which does not read a byte of them: so who takes its parser over has taken over nothing but images of one
/// user. It answers over some connections, each by a thread of its own, until the other end closes them.
/// </summary>
/// <param name="socket">The socket to who asks (<see cref="Sockets.MessagePair"/>).</param>
/// <param name="ends">The connections, one for each that may ask at the same time.</param>
/// <param name="context">What all images are opened with; each takes the options that its formats know.</param>
public sealed class ImageReader(FileDescriptor socket, IReadOnlyList<(FileDescriptor Own, FileDescriptor Other)> ends, OpenContext context)
{
    private readonly DescriptorExchange _descriptors = new(socket);
    private readonly ConcurrentDictionary<int, OpenImage> _images = [];
    private int _last;

    /// <summary>Waits for the user whose images it is for.</summary>
    /// <param name="socket">The socket to who asks.</param>
    /// <returns>The user's number; null where nobody asks.</returns>
    public static uint? ReceiveOwner(FileDescriptor socket)
    {
        Span<byte> owner = stackalloc byte[sizeof(uint)];
        Sockets.Receive(socket, owner, out int count)?.Dispose();
        return count == sizeof(uint) ? BitConverter.ToUInt32(owner) : null;
    }

    /// <summary>Says why it cannot read images.</summary>
    public static void Refuse(FileDescriptor socket, string reason) => Descriptors.Write(socket, [0, .. ByteText.ToBytes(reason)], out _);

    /// <summary>Says that it is ready, and answers until nobody asks any more.</summary>
    /// <exception cref="LinuxException">Nobody does.</exception>
    public void Run()
    {
        FileWriting.Append(socket, [(byte)ends.Count]);
        var threads = new List<Thread>();
        foreach ((FileDescriptor own, FileDescriptor other) in ends)
        {
            _ = _descriptors.Send(other);
            other.Dispose();
            var thread = new Thread(() => Serve(own)) { Name = "reader" };
            thread.Start();
            threads.Add(thread);
        }

        threads.ForEach(thread => thread.Join());
    }

    private void Serve(FileDescriptor stream)
    {
        var request = new Message();
        var answer = new Message();
        while (request.TryReceive(stream))
        {
            var told = new List<string>();
            answer.Clear();
            try
            {
                Answer(request, answer, told);
            }
            catch (Exception e)
            {
                // Whatever it is: the next request may be of another image.
                answer.Clear();
                WriteWarnings(answer, told);
                answer.WriteError(e);
            }

            if (!answer.TrySend(stream))
            {
                return;
            }
        }
    }

    private void Answer(Message request, Message answer, List<string> told)
    {
        var call = (ReaderCall)request.Read<byte>();
        int number = request.Read<int>();
        switch (call)
        {
            case ReaderCall.Look:
                bool isImage = HostListing.IsImage(() => OpenStack(request, new OpenContext()));
                WriteHead(answer, told);
                answer.WriteFlag(isImage);
                break;
            case ReaderCall.Open:
                OpenImage opened = Open(request, told);
                WriteHead(answer, told);
                opened.Describe(answer);
                break;
            case ReaderCall.Close:
                _ = _images.TryRemove(number, out OpenImage? closed);
                closed?.Close();
                WriteHead(answer, told);
                break;
            default:
                OpenImage image = _images.TryGetValue(number, out OpenImage? known) ? known : throw new LinuxException("read", Errno.ESTALE);
                while (image.Warnings.TryDequeue(out string? warning))
                {
                    told.Add(warning);
                }

                WriteHead(answer, told);
                image.Answer(call, request, answer, _descriptors);
                break;
        }
    }

    private static void WriteHead(Message answer, List<string> told)
    {
        WriteWarnings(answer, told);
        answer.WriteSuccess();
    }

    private static void WriteWarnings(Message answer, List<string> told)
    {
        answer.Write((ushort)told.Count);
        told.ForEach(answer.WriteText);
    }

    // Nobody disposes of the layers: another thread may still read from them when the image is closed.
    private OpenImage Open(Message request, List<string> told)
    {
        MemoryBudget memory = context.Memory.ForImage();
        var warnings = new ConcurrentQueue<string>();
        ImageStack? stack = null;
        try
        {
            stack = OpenStack(request, context.WithCopiedOptions() with { Memory = memory, Warn = warnings.Enqueue });
            int number = Interlocked.Increment(ref _last);
            return _images[number] = new OpenImage(number, stack.OpenFileSystem(), memory, warnings);
        }
        catch
        {
            stack?.Dispose();
            memory.Close();
            throw;
        }
        finally
        {
            told.AddRange(warnings);
            warnings.Clear();
        }
    }

    private ImageStack OpenStack(Message request, OpenContext own)
    {
        FileDescriptor descriptor = _descriptors.Take(request.Read<int>());
        string path = request.ReadText();
        using var files = new OpenedFiles();
        files.Add(path, FileDevice.Take(path, descriptor));
        return ImageStack.Open(path, own with { Schemes = [files, .. own.Schemes] });
    }
}
