namespace ImageFs.Images.Readers;

/// <summary>What a reader may be asked for (<see cref="ImageReader"/>): the first byte of a request. Behind it is the number of the image.</summary>
internal enum ReaderCall : byte
{
    /// <summary>Whether a file is an image: the number of its descriptor and its path; a flag.</summary>
    Look,

    /// <summary>To open an image: the number of its descriptor and its path; the image's number, and what <see cref="ReaderFileSystem"/> says of it.</summary>
    Open,

    /// <summary>To close an image.</summary>
    Close,

    /// <summary>The root of a node's volume: a node; a node.</summary>
    RootOf,

    /// <summary>A node; its attributes.</summary>
    Attributes,

    /// <summary>A directory and a name; a flag and, where the name is there, its node and the attributes of that.</summary>
    Lookup,

    /// <summary>A directory and a position; entries, each with its attributes, and whether these are the last.</summary>
    List,

    /// <summary>A symbolic link; its target.</summary>
    ReadLink,

    /// <summary>A file; its length and its first extents.</summary>
    OpenFile,

    /// <summary>A file and an offset; extents from there on.</summary>
    Locate,

    /// <summary>A file, an offset and a length; the bytes.</summary>
    Read,

    /// <summary>A node; the names of its extended attributes.</summary>
    AttributeNames,

    /// <summary>A node and a name; a flag and, where there is such an extended attribute, its value.</summary>
    AttributeValue,
}
