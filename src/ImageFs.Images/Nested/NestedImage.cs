using ImageFs.Tree;

namespace ImageFs.Images.Nested;

/// <summary>A file that is an image, and has a folder beside it.</summary>
/// <param name="number">Its number.</param>
/// <param name="around">The image that it lies in; null for one in the tree around all.</param>
/// <param name="directory">The directory that it is in, as a node of all.</param>
/// <param name="file">The file, as the file system knows it that it is in.</param>
/// <param name="name">Its name, for messages.</param>
internal sealed class NestedImage(int number, NestedImage? around, NodeId directory, NodeId file, string name) : LateImage(number)
{
    /// <inheritdoc/>
    internal override NestedImage? Around => around;

    /// <summary>The directory that it is in, as a node of all.</summary>
    internal NodeId Directory => directory;

    /// <summary>The file, as the file system knows it that it is in.</summary>
    internal NodeId File => file;

    /// <summary>Its name, for messages.</summary>
    internal string Name => name;

    /// <summary>Images from the tree around all to it: 1 for one in that tree.</summary>
    internal int Depth { get; } = (around?.Depth ?? 0) + 1;

    /// <summary>The names of the images on the way to it, and its own.</summary>
    internal string Trail => around is null ? $".../{name}" : $"{around.Trail}//.../{name}";
}
